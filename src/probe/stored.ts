import { primaryKeyOf } from '../catalog/lookup.ts';
import type { Ownership, RelationIntent } from '../intent/relation-intent.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import type { NamedRow } from './difference.ts';
import { idTypeOf } from './id-types.ts';
import type { RunInput } from './input.ts';
import type { Target } from './target.ts';

/** A row that is named only in part is named by the start of it. */
const textLimit = 200;

/** A table whose rows belong to tenants. */
export interface OwnedTable {
  readonly target: Target;
  readonly ownership: Ownership;
}

/** The tables whose rows name their tenants, without partitions and inheritance children: a parent's scan covers those that are what it is. */
export function ownedTables({ targets }: RunInput): readonly OwnedTable[] {
  const byOid = new Map(targets.map((target) => [target.relation.oid, target]));
  return targets.flatMap((target) => {
    const { relkind, parents } = target.relation;
    const { ownership, foreign } = target.intent;
    const covered = parents.some((oid) => byOid.get(oid)?.intent.foreign === foreign);
    const table = relkind === 'r' || relkind === 'p' || relkind === 'f';
    return table && !covered && ownership !== null ? [{ target, ownership }] : [];
  });
}

/** A query of all tenants' ids as text: the root table's, or the subjects where those are tenants; null where the model tells neither. */
export function tenantIdsSql({ intent, membership }: RunInput): string | null {
  const root = intent.relations.find(({ tenancy, kind }) => tenancy === 'root' && kind === 'table');
  if (root?.ownership)
    return `select o.owner as id from ${quoteQualified(root)} t cross join lateral (${root.ownership.owners}) o`;
  return membership ? null : intent.subjects;
}

/** A query of all owners that rows name, as text, and how many `rows` each has. */
export function ownerCounts({ truth }: Target, { by, owners }: Ownership): string {
  const from = quoteQualified(truth.from);
  const column = truth.tenantColumn === null ? null : `t.${quoteIdent(truth.tenantColumn)}`;
  const of = `cross join lateral (${owners}) o where o.owner is not null group by 1`;
  if (by !== 'column' || column === null || !idTypeOf(truth.tenantType))
    return `select o.owner, pg_catalog.count(*) as rows from ${from} t ${of}`;
  // An id is counted faster than its text.
  const counted = `select ${column}, pg_catalog.count(*) as "rows of it" from ${from} t group by 1`;
  return `select o.owner, pg_catalog.sum(t."rows of it") as rows from (${counted}) t ${of}`;
}

/** The columns that name a row of a target: its key, or else `otherwise`. */
export function namingColumns(
  { snapshot }: RunInput,
  { relation }: Target,
  otherwise: readonly string[],
): readonly string[] {
  const key = primaryKeyOf(snapshot, relation);
  return key.length > 0 ? key : otherwise;
}

/** Columns of the alias `t` as an array of text. */
export function textArray(columns: readonly string[]): string {
  return `array[${columns.map((column) => `t.${quoteIdent(column)}::pg_catalog.text`).join(', ')}]::pg_catalog.text[]`;
}

/** The row of such an array as evidence names it. */
export function namedRow(
  columns: readonly string[],
  values: readonly (string | null)[],
  owner: string | null,
): NamedRow {
  const row = columns.map((column, index) => [column, values[index]?.slice(0, textLimit) ?? null] as const);
  return { row: Object.fromEntries(row), owner };
}

/**
 * The rows of a table as those that may refer to others: `columns`, the tenant that owns them as `owner`, and what names them as `named`.
 * A row that everybody sees and nobody owns counts as the platform's: `$1`.
 */
export function referringRows(
  from: string,
  { ownership, shared }: Owned,
  naming: readonly string[],
  columns: string,
  join = '',
): string {
  return `select ${columns}, ${textArray(naming)} as named,
      coalesce(o.owner, case when ${shared} then coalesce($1::pg_catalog.text, '') end) as owner
    from ${from} t left join lateral (${ownership.owners}) o on true${join}`;
}

/** The rows of a table as those that are referred to: `columns`, and whose they are. */
export function referredRows(
  from: string,
  { ownership, shared }: Owned,
  naming: readonly string[],
  columns: string,
): string {
  return `select ${columns}, ${textArray(naming)} as named, (${shared}) as shared,
      array(select o.owner from (${ownership.owners}) o where o.owner is not null) as owners
    from ${from} t`;
}

/** The tenant of the referring row `c` may see the row `p` that it refers to; of one that nobody owns, other findings tell. */
export const mayRefer = `(p.shared or pg_catalog.cardinality(p.owners) = 0 or c.owner = any (p.owners))`;

interface Owned extends Pick<RelationIntent, 'shared'> {
  readonly ownership: Ownership;
}
