import { writtenName, written } from '../../sql/written.ts';
import { inOrder } from './fill-tenants.ts';
import { ownRows, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** Rows that no tenant was found for, where the model says so, out of everybody's sight. */
export const quarantine: StepKind = {
  id: 'quarantine',
  phase: 'backfill',
  run: 'transaction',
  does: `Rows that no tenant was found for are put aside, into a table of the schema rowhouse that the application does not reach. The
table's own triggers see that it is no edit of anybody's.`,
  locks: 'rows of the table.',
  rows: 'those that have no tenant.',
  undoes: 'Brings them back.',
  // Children go before the rows that they refer to.
  plan: (situation) =>
    inOrder(situation)
      .filter(({ table }) => table.tenancy === 'row' && table.backfill?.orphans === 'quarantine')
      .reverse()
      .map((tenant) => step(situation, tenant)),
};

function step(situation: Situation, tenant: TenantTable): Step {
  const { table, column, relation } = tenant;
  const from = ownRows(situation, tenant);
  const aside = writtenName({
    schema: 'rowhouse',
    name: situation.names.make('rowhouse', [table.table.schema, table.table.name], 'quarantine'),
  });
  const stored = relation.columns
    .filter(({ attgenerated }) => attgenerated === '')
    .map(({ attname }) => written(attname));
  const always = relation.columns.some(({ attidentity }) => attidentity === 'a') ? ' overriding system value' : '';
  const quiet = "select set_config('rowhouse.backfill', 'on', true)";
  return {
    table: table.table,
    up: [
      quiet,
      `create table ${aside} as\nselect ${stored.join(', ')} from ${from} where ${written(column ?? '')} is null`,
      `delete from ${from} where ${written(column ?? '')} is null`,
    ],
    down: [
      quiet,
      `insert into ${writtenName(table.table)} (${stored.join(', ')})${always}\nselect ${stored.join(', ')} from ${aside}`,
      `drop table ${aside}`,
    ],
    allows: {
      up: [{ rule: 'bulk-write', reason: 'the rows that no tenant was found for, which the plan has counted' }],
    },
  };
}
