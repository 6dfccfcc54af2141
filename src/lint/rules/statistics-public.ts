import type { LintRule } from '../rule.ts';
import { roleObject } from '../wording.ts';

export const statisticsPublic: LintRule = {
  id: 'statistics-public',
  severity: 'info',
  summary: 'Whoever can run SQL as the app role can read how large the tables of all tenants are.',
  help: 'pg_class, pg_stat_user_tables and the functions for sizes are open to everybody: they tell totals and how fast they grow, and no row. Revoking them breaks tools; let no tenant write SQL.',
  // It stands in the sound world.
  examples: [],
  *check({ commonTables, role, access: { closure } }) {
    if (closure.exempt || commonTables.length === 0) return;
    yield {
      object: roleObject(role),
      message: `${role} may read sizes, row estimates and counts of changes, over all tenants`,
    };
    if (!closure.has.has('pg_read_all_stats')) return;
    yield {
      object: roleObject(role),
      aspect: 'statements',
      severity: 'warning',
      message: `${role} may read the statements of all roles, with the values in them: it has pg_read_all_stats`,
    };
  },
};
