import { rowKeyOf } from '../../catalog/lookup.ts';
import { written, writtenList, writtenName } from '../../sql/written.ts';
import { isFilled, ownRows, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** Which rows had no tenant in a column that is there already, so that a rollback gives them none again. */
export const unfilledRows: StepKind = {
  id: 'unfilled_rows',
  phase: 'expand',
  run: 'transaction',
  does: `Which rows have no tenant before the backfill, into a table of the schema rowhouse: a rollback takes it from them again.`,
  locks: 'AccessShare on the table.',
  rows: 'reads all.',
  undoes: 'The rows that had no tenant have none again.',
  plan: (situation) => situation.tables.flatMap((tenant) => step(situation, tenant) ?? []),
};

function step(situation: Situation, tenant: TenantTable): Step | undefined {
  const { table, relation, column, isNew } = tenant;
  const key = rowKeyOf(situation.snapshot, relation);
  if (column === null || isNew || !isFilled(tenant) || key.length === 0) return undefined;
  const rows = ownRows(situation, tenant);
  const own = written(column);
  const aside = writtenName({
    schema: 'rowhouse',
    name: situation.names.make('rowhouse', [relation.nspname, relation.relname], 'unfilled'),
  });
  const same = key.map((one) => `had.${written(one)} = t.${written(one)}`).join(' and ');
  return {
    table: table.table,
    up: [`create table ${aside} as\nselect ${writtenList(key)} from ${rows} where ${own} is null`],
    down: [`update ${rows} as t\nset ${own} = null\nfrom ${aside} as had\nwhere ${same}`, `drop table ${aside}`],
    allows: {
      down: [{ rule: 'bulk-write', reason: 'the rows that had no tenant before, which the migration has listed' }],
    },
  };
}
