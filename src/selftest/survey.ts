import type pg from 'pg';
import { findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import { quoteQualified } from '../sql/ident.ts';

/** Where rows are, to plant leaks that can be seen. */
export interface Survey {
  /** Some subjects, those first that own rows in the most tables. */
  readonly subjects: readonly string[];
  /** The oids of tables in which some of these subjects own rows and others do too. */
  readonly populated: ReadonlySet<number>;
}

/** Subjects that are looked at, of which so many are taken. */
const candidates = 20;
const taken = 3;

/** Looks for rows of several owners, as a role that row-level security does not bind. */
export async function surveyRows(client: pg.ClientBase, snapshot: CatalogSnapshot, intent: Intent): Promise<Survey> {
  const { rows } = await client.query<{ id: string }>(`select id from (${intent.subjects}) s limit ${candidates}`);
  const ids = rows.map(({ id }) => id);
  const owners = new Map<number, readonly string[]>();
  for (const one of intent.relations) {
    const relation = findRelation(snapshot, one);
    if (!relation || one.kind !== 'table' || (one.tenancy !== 'row' && one.tenancy !== 'root')) continue;
    owners.set(relation.oid, await ownersAmong(client, one, ids));
  }
  const ownedBy = (id: string): number => [...owners.values()].filter((some) => some.includes(id)).length;
  const subjects = ids.toSorted((a, b) => ownedBy(b) - ownedBy(a)).slice(0, taken);
  const populated = [...owners].filter(([, some]) => subjects.filter((id) => some.includes(id)).length > 1);
  return { subjects, populated: new Set(populated.map(([oid]) => oid)) };
}

/** Those of the subjects that own a row of a table; none where that cannot be read. */
async function ownersAmong(
  client: pg.ClientBase,
  relation: RelationIntent,
  ids: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const { rowCount } = await client.query(
      `select from ${quoteQualified(relation)} t where not (${relation.foreign}) and not (${relation.shared}) limit 1`,
      [id],
    );
    if (rowCount === 1) found.push(id);
  }
  return found;
}
