import type pg from 'pg';
import { sqlstate, sqlstateOf } from '../postgres/database-error.ts';
import { formatQualified } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { nameOf } from './lookup.ts';
import { readSnapshot, type Unread } from './read-snapshot.ts';
import type { CatalogSnapshot } from './snapshot.ts';

const lockedSql = loadSql(import.meta.url, './queries/locked.sql');
/** Who locks one relation after the other is not run after for ever. */
const attempts = 3;

/** What could not be looked at. */
export interface OutOfReach {
  /** `schema.relation`, the signature of a function, or the database for its publications. */
  readonly object: string;
  readonly reason: string;
}

export interface ReadAroundLocks {
  /** What is out of reach is in it, without definitions. */
  readonly snapshot: CatalogSnapshot;
  /** What can be judged by its definitions: without what is out of reach. */
  readonly readable: CatalogSnapshot;
  readonly outOfReach: readonly OutOfReach[];
}

interface Locked {
  readonly relation: number | null;
  readonly function: number | null;
  readonly lockedName: string;
  readonly lockedSchema: string;
  readonly pid: number;
  readonly user: string | null;
  readonly applicationName: string | null;
}

/**
 * Reads the catalog although others lock some relations: printing a view, a policy or a default would wait for them, and is left out.
 * The client needs a `lock_timeout`: one that comes meanwhile is waited for that long, and no longer.
 */
export async function readAroundLocks(client: pg.ClientBase): Promise<ReadAroundLocks> {
  const known = new Map<string, Locked>();
  for (let attempt = 1; ; attempt += 1) {
    const { rows } = await client.query<Locked>(lockedSql);
    for (const row of rows) known.set(`${row.relation ?? ''}/${row.function ?? ''}`, row);
    const locked = [...known.values()];
    try {
      const read = without(await readSnapshot(client, unreadOf(locked)), locked);
      return locked.length === 0
        ? read
        : { ...read, outOfReach: [...read.outOfReach, ...(await publications(client, read.snapshot))] };
    } catch (error) {
      if (sqlstateOf(error) !== sqlstate.lockNotAvailable || attempt === attempts) throw error;
    }
  }
}

/** Listing what is published waits for a lock on it, in newer releases. */
async function publications(client: pg.ClientBase, { database }: CatalogSnapshot): Promise<readonly OutOfReach[]> {
  const { rows } = await client.query('select from pg_catalog.pg_publication limit 1');
  if (rows.length === 0) return [];
  return [{ object: database, reason: 'What its publications carry was not read, since others lock tables.' }];
}

function unreadOf(locked: readonly Locked[]): Unread {
  return {
    relations: locked.flatMap(({ relation }) => relation ?? []),
    functions: locked.flatMap((one) => one.function ?? []),
    publications: locked.length > 0,
  };
}

function without(snapshot: CatalogSnapshot, locked: readonly Locked[]): ReadAroundLocks {
  if (locked.length === 0) return { snapshot, readable: snapshot, outOfReach: [] };
  const { relations, functions } = unreadOf(locked);
  const [gone, mute] = [new Set(relations), new Set(functions)];
  const outOfReach = [
    ...snapshot.relations.map((one) => ({ object: formatQualified(nameOf(one)), by: ofRelation(locked, one.oid) })),
    ...snapshot.functions.map((one) => ({ object: one.signature, by: ofFunction(locked, one.oid) })),
  ].flatMap(({ object, by }) => (by === undefined ? [] : [{ object, reason: describe(by, object) }]));
  return {
    snapshot,
    readable: {
      ...snapshot,
      relations: snapshot.relations.filter(({ oid }) => !gone.has(oid)),
      constraints: snapshot.constraints.filter(({ conrelid }) => !gone.has(conrelid)),
      policies: snapshot.policies.filter(({ polrelid }) => !gone.has(polrelid)),
      triggers: snapshot.triggers.filter(({ tgrelid }) => !gone.has(tgrelid)),
      rules: snapshot.rules.filter((rule) => !gone.has(rule.ev_class)),
      indexes: snapshot.indexes.filter(({ indrelid }) => !gone.has(indrelid)),
      functions: snapshot.functions.filter(({ oid }) => !mute.has(oid)),
    },
    outOfReach,
  };
}

function ofRelation(locked: readonly Locked[], oid: number): Locked | undefined {
  return locked.find(({ relation }) => relation === oid);
}

function ofFunction(locked: readonly Locked[], oid: number): Locked | undefined {
  return locked.find((one) => one.function === oid);
}

function describe({ lockedSchema, lockedName, pid, user, applicationName }: Locked, object: string): string {
  const name = formatQualified({ schema: lockedSchema, name: lockedName });
  const holder = `pid ${pid} of ${user ?? '?'}${applicationName ? ` (${applicationName})` : ''}`;
  const what = name === object ? 'It is' : `It reads ${name}, which is`;
  return `${what} locked by ${holder}, so that nobody else may read it: its definition was not read, and nothing of it was checked.`;
}
