import { findRelation, foreignKeysOf } from '../../catalog/lookup.ts';
import { writtenList, writtenName } from '../../sql/written.ts';
import { addForeignKey, allowanceFor, dropForeignKey } from '../foreign-key-sql.ts';
import type { Situation, TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** No row of a tenant that nobody knows. */
export const tenantReferences: StepKind = {
  id: 'tenant_references',
  phase: 'contract',
  run: 'statements',
  does: 'No row of a tenant that is not there.',
  locks: `ShareRowExclusive on a table and on that of the tenants, for an instant; ShareUpdateExclusive while the rows are read.`,
  rows: 'reads all.',
  plan: (situation) => situation.tables.flatMap((tenant) => step(situation, tenant) ?? []),
};

function step(situation: Situation, { table, relation, column, type }: TenantTable): Step | undefined {
  const { tenants } = situation.model;
  const root = findRelation(situation.snapshot, tenants.table);
  const key = root?.columns.find(({ attname }) => attname === tenants.key);
  if (column === null || table.tenancy === 'root' || root === undefined || key?.type !== type) return undefined;
  const points = foreignKeysOf(situation.snapshot, relation, root).some((one) => one.columns.includes(column));
  if (points || relation.relispartition) return undefined;
  const name = situation.names.make(relation.nspname, [relation.relname, column], 'fkey');
  const definition = `foreign key (${writtenList([column])})
  references ${writtenName(tenants.table)} (${writtenList([tenants.key])})`;
  return {
    table: table.table,
    up: addForeignKey(situation, { relation, name, definition, validated: true }),
    down: dropForeignKey(situation, relation, name),
    allows: { up: allowanceFor(relation) },
  };
}
