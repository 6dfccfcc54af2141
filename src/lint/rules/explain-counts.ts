import { mayUse } from '../../access/matrix.ts';
import type { LintRule } from '../rule.ts';
import { roleObject } from '../wording.ts';

export const explainCounts: LintRule = {
  id: 'explain-counts',
  severity: 'info',
  summary: 'Whoever can run SQL as the app role can have queries explained.',
  help: 'EXPLAIN estimates from the statistics of all tenants, and EXPLAIN ANALYZE counts the rows that policies remove. Let no tenant write SQL, and show no plan to one.',
  // It stands in the sound world.
  examples: [],
  *check({ commonTables, role, access: { closure } }) {
    if (closure.exempt || !commonTables.some(({ access }) => mayUse(access, 'select'))) return;
    yield {
      object: roleObject(role),
      message: `${role} may run EXPLAIN ANALYZE, which tells how many rows of a table policies hide`,
    };
  },
};
