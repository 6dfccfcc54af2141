import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import type { RunInput } from './input.ts';
import type { Target } from './target.ts';

/** The tenant tables whose owner is a column, without their partitions: a parent's scan covers those. */
export function ownerTables({
  targets,
  intent,
}: RunInput): readonly { readonly target: Target; readonly column: string }[] {
  const named = new Set(intent.relations.map(({ schema, name }) => JSON.stringify([schema, name])));
  return targets.flatMap((target) => {
    const { nspname, relname, relkind } = target.relation;
    const { tenantColumn, tenancy } = target.intent;
    const table = relkind === 'r' || relkind === 'p' || relkind === 'f';
    const own = named.has(JSON.stringify([nspname, relname]));
    return table && own && tenancy === 'row' && tenantColumn !== null ? [{ target, column: tenantColumn }] : [];
  });
}

/** A query of all tenants' ids as text: the root table's, or the subjects where those are tenants; null where the model tells neither. */
export function tenantIdsSql({ intent, membership }: RunInput): string | null {
  const root = intent.relations.find(({ tenancy, kind }) => tenancy === 'root' && kind === 'table');
  if (root && root.tenantColumn !== null) {
    return `select root.${quoteIdent(root.tenantColumn)}::pg_catalog.text as id from ${quoteQualified(root)} root`;
  }
  return membership ? null : intent.subjects;
}
