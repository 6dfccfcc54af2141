import { nameOf } from '../../catalog/lookup.ts';
import { written, writtenName } from '../../sql/written.ts';
import { isBound, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** No row without a tenant. */
export const tenantNotNull: StepKind = {
  id: 'tenant_not_null',
  phase: 'contract',
  run: 'statements',
  does: `No row without a tenant. A check, which is validated while reads and writes go on, and fails on the first table where a
row has none; NOT NULL, which PostgreSQL takes from it without reading a row; then the check has done its work.`,
  locks: 'AccessExclusive on one table at a time, for an instant; ShareUpdateExclusive while the rows are read.',
  rows: 'reads all.',
  plan: (situation) => situation.tables.flatMap((tenant) => step(situation, tenant) ?? []),
};

function step({ names }: Situation, tenant: TenantTable): Step | undefined {
  const { table, relation, column, inheritsColumn } = tenant;
  // A check, and NOT NULL with it, holds for what inherits from the table too.
  if (column === null || inheritsColumn || !isBound(tenant)) return undefined;
  const name = writtenName(nameOf(relation));
  const check = written(names.make(relation.nspname, [relation.relname, column], 'present'));
  return {
    table: table.table,
    up: [
      `alter table ${name} add constraint ${check} check (${written(column)} is not null) not valid`,
      `alter table ${name} validate constraint ${check}`,
      `alter table ${name} alter column ${written(column)} set not null`,
      `alter table ${name} drop constraint ${check}`,
    ],
    down: [
      `alter table ${name} alter column ${written(column)} drop not null`,
      `alter table ${name} drop constraint if exists ${check}`,
    ],
  };
}
