import { contextAssignments } from '../intent/context.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import type { Tenant } from './plan.ts';
import type { Value } from './pool.ts';
import type { World } from './world.ts';

/** The settings of a session that works for a tenant, or for a user of it. */
export function contextOf(world: World, tenant: Tenant | null): SessionSettings {
  if (tenant === null) return {};
  const { model } = world;
  const subject = model.membership === null ? tenant.id : (memberOf(world, tenant) ?? '');
  return Object.fromEntries(contextAssignments(model, subject).map(({ setting, value }) => [setting, value]));
}

/** A user of a tenant, by the row that its membership leads to, or will. */
function memberOf(world: World, tenant: Tenant): Value {
  const { membership } = world.model;
  const plan = [...world.plans.values()].find(
    ({ shape }) =>
      shape.relation.nspname === membership?.table.schema && shape.relation.relname === membership.table.name,
  );
  const foreignKey = plan?.shape.foreignKeys.find(({ columns }) => columns.includes(membership?.user ?? ''));
  const target = foreignKey && world.plans.get(foreignKey.target);
  const column = foreignKey?.targetColumns[foreignKey.columns.indexOf(membership?.user ?? '')] ?? '';
  const [user] = target ? world.rowsFor(target, tenant) : [];
  return user?.values.get(column) ?? tenant.users[0] ?? null;
}
