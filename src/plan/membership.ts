import { sameName } from '../sql/ident.ts';
import { dollarQuoted } from '../sql/dollar-quoted.ts';
import { written, writtenName } from '../sql/written.ts';
import { contextSql } from './context.ts';
import { once } from './memo.ts';
import type { Situation, TenantTable } from './situation.ts';

/** The function that says which tenants a session's user belongs to. */
export interface CurrentTenants {
  /** As SQL writes it, without parentheses. */
  readonly name: string;
  /** The statement that makes it; null where it is there. */
  readonly create: string | null;
}

const functionName = 'current_tenants';

/**
 * The memberships are read by a function with its owner's rights: a policy of the memberships that read them itself would
 * recurse. It is STABLE and without arguments, so that a query calls it once.
 */
export const currentTenants = once((situation: Situation): CurrentTenants => {
  const { membership, tenants, context } = situation.model;
  const { schema } = tenants.table;
  const existing = situation.snapshot.functions.some(
    ({ nspname, proname, argtypes }) => nspname === schema && proname === functionName && argtypes.length === 0,
  );
  const name = writtenName({ schema, name: functionName });
  if (membership === null || existing) return { name, create: null };
  const when = membership.when === null ? '' : `\n    and (${membership.when})`;
  return {
    name,
    create: `create function ${name}() returns setof ${tenants.type}
language sql stable security definer set search_path = pg_catalog, pg_temp as ${dollarQuoted(`
  select ${written(membership.tenant)}
  from ${writtenName(membership.table)}
  where ${written(membership.user)} = ${contextSql(context)}${when}
`)}`,
  };
});

/** The function that reads the memberships runs as their owner: FORCE would bind it by the policies that ask it. */
export function isMembership({ model }: Situation, { table }: TenantTable): boolean {
  return model.membership !== null && sameName(model.membership.table, table.table);
}
