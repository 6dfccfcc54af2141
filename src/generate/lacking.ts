import type pg from 'pg';
import { findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { describedTables } from './plan.ts';

/** Subjects that are asked about. */
const asked = 12;

/** The tables of a model that hold too little to see whether tenants are apart: rows of fewer than two of them. */
export async function findLacking(
  client: pg.ClientBase,
  model: Model,
  snapshot: CatalogSnapshot,
  intent: Intent,
): Promise<readonly RelationIntent[]> {
  const { rows } = await client.query<{ id: string }>(`select s.id from (${intent.subjects}) as s limit ${asked}`);
  const subjects = rows.map(({ id }) => id);
  const described = describedTables(model, snapshot);
  const lacking: RelationIntent[] = [];
  for (const relation of intent.relations) {
    const found = findRelation(snapshot, relation);
    if (relation.kind !== 'table' || found === undefined || !described.has(found.oid)) continue;
    if (!(await hasEnough(client, relation, subjects))) lacking.push(relation);
  }
  return lacking;
}

async function hasEnough(
  client: pg.ClientBase,
  relation: RelationIntent,
  subjects: readonly string[],
): Promise<boolean> {
  const { tenancy, foreign, shared } = relation;
  const mayHold = async (query: string, values: readonly string[]): Promise<boolean> => {
    try {
      return await undone(client, () => holds(client, query, values));
    } catch (error) {
      // What cannot be read cannot be helped with rows; the verification will say why.
      if (sqlstateOf(error) === null) throw error;
      return true;
    }
  };
  const from = `select from ${quoteQualified(relation)} t`;
  if (tenancy === 'shared' || tenancy === 'none') return await mayHold(from, []);
  const own = `${from} where not (${foreign}) and not (${shared})`;
  let owners = 0;
  for (const subject of subjects) {
    if (await mayHold(own, [subject])) owners += 1;
    if (owners === (tenancy === 'schema' ? 1 : 2)) return true;
  }
  return false;
}

async function holds(client: pg.ClientBase, query: string, values: readonly string[]): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(`select exists (${query}) as found`, [...values]);
  return rows[0]?.found === true;
}

/** The tables that hold rows of tenants: any but what is shared, and the platform's own entry. */
export async function findFilled(
  client: pg.ClientBase,
  model: Model,
  snapshot: CatalogSnapshot,
  intent: Intent,
): Promise<readonly RelationIntent[]> {
  const described = describedTables(model, snapshot);
  const filled: RelationIntent[] = [];
  for (const relation of intent.relations) {
    const found = findRelation(snapshot, relation);
    const owned = relation.tenancy !== 'shared' && relation.tenancy !== 'none' && relation.kind === 'table';
    if (!owned || found === undefined || !described.has(found.oid)) continue;
    const key =
      relation.tenancy === 'root' ? `t.${quoteIdent(model.tenants.key)}::pg_catalog.text` : 'null::pg_catalog.text';
    const rows = `select from ${quoteQualified(relation)} t where not (${relation.shared}) and ${key} is distinct from $1::pg_catalog.text`;
    if (await holds(client, rows, [model.tenants.platform ?? ''])) filled.push(relation);
  }
  return filled;
}
