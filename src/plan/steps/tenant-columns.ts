import { findColumn, nameOf } from '../../catalog/lookup.ts';
import { familyOf } from '../../intent/sql-type.ts';
import { written, writtenName } from '../../sql/written.ts';
import { neededAssignment } from '../assign-tenant.ts';
import { contextSql } from '../context.ts';
import { isFilled, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';
import { firedBy, quieten, restore } from '../triggers.ts';

/** The tenant column, and what fills it in rows that are written from now on. */
export const tenantColumns: StepKind = {
  id: 'tenant_column',
  phase: 'expand',
  run: 'transaction',
  does: `The tenant column, for now without a value in the rows that exist. Its default is set apart from it, since together
they would stamp those rows with the runner's own context. A trigger gives a tenant to rows that code writes which knows
none. The table's own triggers stay quiet while a backfill runs: it is no edit of anybody's.`,
  locks: 'AccessExclusive on the table, for an instant.',
  rows: 'none.',
  plan: (situation) => situation.tables.flatMap((tenant) => step(situation, tenant) ?? []),
};

function step(situation: Situation, tenant: TenantTable): Step | undefined {
  const { table, relation, column, isNew, inheritsColumn, type } = tenant;
  if (column === null || table.tenancy === 'root' || !(isNew || isFilled(tenant))) return undefined;
  const name = writtenName(nameOf(relation));
  const own = written(column);
  const isAdded = isNew && !inheritsColumn;
  const wanted = isAdded || lacksDefault(situation, tenant) ? defaultOf(situation, name, own) : [];
  const assignment = neededAssignment(situation, tenant);
  const fired = isFilled(tenant) ? firedBy(situation.snapshot, tenant) : [];
  const up = [
    ...(isAdded ? [`alter table ${name} add column ${own} ${type}`] : []),
    ...wanted,
    ...(assignment?.create ?? []),
    ...fired.flatMap((trigger) => quieten(relation, trigger)),
  ];
  const down = [
    ...fired.flatMap((trigger) => restore(relation, trigger)),
    ...(assignment?.drop ?? []),
    ...(isAdded
      ? [`alter table ${name} drop column ${own}`]
      : wanted.map(() => `alter table ${name} alter column ${own} drop default`)),
  ];
  return up.length === 0 ? undefined : { table: table.table, up, down };
}

/** Code that leaves the tenant out of a column that is there already has it from the context too, once no trigger finds it any more. */
function lacksDefault({ model }: Situation, tenant: TenantTable): boolean {
  const { relation, column, inheritsColumn, type } = tenant;
  const existing = column === null ? undefined : findColumn(relation, column);
  return (
    existing?.default === null &&
    existing.attgenerated === '' &&
    existing.attidentity === '' &&
    !inheritsColumn &&
    isFilled(tenant) &&
    familyOf(type) === familyOf(model.context.type)
  );
}

/** Sessions that say a user and not a tenant leave it to the code which tenant a row is for. */
function defaultOf({ model }: Situation, name: string, own: string): string[] {
  if (model.membership !== null) return [];
  return [`alter table ${name} alter column ${own} set default ${contextSql(model.context)}`];
}
