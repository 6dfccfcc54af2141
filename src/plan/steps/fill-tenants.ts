import { writtenName, written } from '../../sql/written.ts';
import { joined, knownTenant, sourceOf, tenantOfRow, type Source } from '../attribution.ts';
import { idLiteral } from '../context.ts';
import { isFilled, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** The tenants of the rows that exist: parents before their children. */
export const fillTenants: StepKind = {
  id: 'fill_tenant',
  phase: 'backfill',
  run: 'backfill',
  does: 'The rows that exist get their tenant.',
  locks: 'rows of the table, a batch at a time.',
  rows: 'all that have no tenant.',
  plan: (situation) => inOrder(situation).flatMap((tenant) => steps(situation, tenant)),
};

function steps(situation: Situation, tenant: TenantTable): Step[] {
  const { table, column } = tenant;
  const source = sourceOf(situation, tenant);
  if (source === undefined || column === null || table.tenancy !== 'row') return [];
  const body = update(situation, tenant, source);
  if (body === null) return [];
  const step = (up: string): Step => ({ table: table.table, up: [up], down: [] });
  const orphans = table.backfill?.orphans;
  const taken =
    typeof orphans !== 'object'
      ? []
      : [
          step(`update ${writtenName(table.table)} as t
set ${written(column)} = ${idLiteral(orphans.tenant, situation.model.tenants.type)}
where t.${written(column)} is null`),
        ];
  return [step(body), ...taken];
}

function update(situation: Situation, { table, column }: TenantTable, source: Source): string | null {
  const own = written(column ?? '');
  const head = `update ${writtenName(table.table)} as t\nset ${own} = `;
  if (source.kind === 'constant') return `${head}${source.sql}\nwhere t.${own} is null`;
  if (source.kind === 'json') return `${head}${knownTenant(situation, source.expression)}\nwhere t.${own} is null`;
  const tenant = tenantOfRow(situation, source.parent, 'parent');
  if (tenant === null || source.join.backward) return null;
  return `${head}${tenant}
from ${writtenName(source.parent.table.table)} as parent
where ${joined(source.join, 't', 'parent')} and t.${own} is null and ${tenant} is not null`;
}

/** Tables that are filled, each after the one that it is filled from. */
export function inOrder(situation: Situation): readonly TenantTable[] {
  const ordered: TenantTable[] = [];
  const visit = (tenant: TenantTable, below: readonly TenantTable[]): void => {
    if (ordered.includes(tenant) || below.includes(tenant)) return;
    const source = sourceOf(situation, tenant);
    if (source?.kind === 'parent') visit(source.parent, [...below, tenant]);
    ordered.push(tenant);
  };
  for (const tenant of situation.tables) visit(tenant, []);
  return ordered.filter(isFilled);
}
