import type { MigrationRule } from '../rule.ts';

export const droppingDatabase: MigrationRule = {
  id: 'dropping-database',
  severity: 'error',
  summary: 'A migration drops a database.',
  help: 'All tenants go with it, and nothing brings them back but a backup. No migration of a database has business with another one: do it by hand.',
  examples: [{ bad: '-- rowhouse: no-transaction\ndrop database reports;', good: 'select 1;' }],
  *check({ node }) {
    if (!('DropdbStmt' in node)) return;
    const { dbname = '' } = node.DropdbStmt;
    yield { about: dbname, message: `the database ${dbname} goes, with the rows of all tenants` };
  },
};
