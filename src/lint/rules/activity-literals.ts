import type { LintRule } from '../rule.ts';
import { roleObject } from '../wording.ts';

/** They show the queries of every role. */
const readers = ['pg_read_all_stats', 'pg_monitor'];

export const activityLiterals: LintRule = {
  id: 'activity-literals',
  severity: 'info',
  summary: "Whoever can run SQL as the app role can read the other sessions' queries.",
  help: "pg_stat_activity shows the running queries of the reader's own role, and all tenants share that: values that are written into the text are read there. Bind parameters, and let no tenant write SQL.",
  // It stands in the sound world.
  examples: [],
  *check({ commonTables, role, access: { closure } }) {
    if (closure.exempt || commonTables.length === 0) return;
    const all = readers.some((reader) => closure.has.has(reader));
    yield {
      object: roleObject(role),
      message: `${role} may read the text of the queries ${all ? 'of every role' : 'that its other sessions run'}`,
    };
  },
};
