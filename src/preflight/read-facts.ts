import type pg from 'pg';
import { messageOf } from '../domain/errors.ts';
import { lockHolder } from '../postgres/advisory-lock.ts';
import { isConnectionLoss } from '../postgres/database-error.ts';
import { readOpenTransactions } from '../postgres/open-transactions.ts';
import type { Pooling } from '../postgres/pooling.ts';
import { readWalArchive } from '../postgres/wal-archive.ts';
import { loadSql } from '../sql/load.ts';
import type { Facts, InvalidIndex, Privileges, RelationFacts, ReplicationFacts, ServerFacts } from './facts.ts';
import { readFreeSpace } from './free-space.ts';
import type { Known } from './known.ts';
import { roomOf } from './room.ts';
import { relationsOf, type Work } from './work.ts';

const serverSql = loadSql(import.meta.url, './queries/server.sql');
const relationsSql = loadSql(import.meta.url, './queries/relations.sql');
const privilegesSql = loadSql(import.meta.url, './queries/privileges.sql');
const replicationSql = loadSql(import.meta.url, './queries/replication.sql');
const invalidIndexesSql = loadSql(import.meta.url, './queries/invalid-indexes.sql');

/** Every look ends by itself; none waits for a lock that somebody holds on a table for himself. */
const boundsSql = "set statement_timeout = '10s'; set lock_timeout = '500ms'";
const unboundSql = 'set statement_timeout = 0; set lock_timeout = 0';

/** Reads what the checks before a run judge by: a few queries, whatever there is. */
export async function readFacts(client: pg.ClientBase, work: Known<Work>, pooling: Pooling): Promise<Facts> {
  await client.query(boundsSql);
  try {
    return await read(client, work, pooling);
  } finally {
    await client.query(unboundSql).catch(() => undefined);
  }
}

async function read(client: pg.ClientBase, work: Known<Work>, pooling: Pooling): Promise<Facts> {
  const [server] = (await client.query<ServerFacts>(serverSql)).rows;
  if (server === undefined) throw new Error('The role of this session is gone.');
  const relations = await from(work, (pending) => learned(() => readRelations(client, relationsOf(pending))));
  return {
    server,
    pooling,
    work,
    relations,
    running: await lockHolder(client),
    privileges: await from(work, (pending) => learned(() => readPrivileges(client, server, pending))),
    replication: await learned(async () => first((await client.query<ReplicationFacts>(replicationSql)).rows)),
    archive: await learned(() => readWalArchive(client)),
    transactions: await from(work, (pending) => learned(() => readOpenTransactions(client, relationsOf(pending)))),
    objection: null,
    freeSpace: await from(work, (pending) =>
      from(relations, (known) => readFreeSpace(server, [...roomOf(pending, known).tables.keys()])),
    ),
    invalidIndexes: { reason: 'nobody has looked' },
    triggers: { reason: 'nobody has looked' },
    rates: new Map(),
  };
}

/** The indexes of this database that no query may use. */
export function readInvalidIndexes(client: pg.ClientBase): Promise<Known<readonly InvalidIndex[]>> {
  return learned(async () => (await client.query<InvalidIndex>(invalidIndexesSql)).rows);
}

/** What a look has found, or why it has found nothing. */
export async function learned<T>(look: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    if (isConnectionLoss(error)) throw error;
    return { reason: messageOf(error) };
  }
}

/** What follows from a fact; nothing does from one that is not known. */
async function from<T, U>(fact: Known<T>, next: (value: T) => Promise<Known<U>>): Promise<Known<U>> {
  return 'value' in fact ? await next(fact.value) : fact;
}

async function readRelations(
  client: pg.ClientBase,
  names: readonly string[],
): Promise<ReadonlyMap<string, RelationFacts>> {
  if (names.length === 0) return new Map();
  const { rows } = await client.query<RelationFacts & { readonly written: string }>(relationsSql, [names]);
  return new Map(rows.map(({ written, ...facts }) => [written, facts]));
}

interface PrivilegesRow extends Pick<Privileges, 'createSchemas' | 'createRoles' | 'hasHistory'> {
  readonly schemas: Readonly<Record<string, boolean>>;
  readonly roles: Readonly<Record<string, boolean>>;
}

async function readPrivileges(client: pg.ClientBase, server: ServerFacts, { needs }: Work): Promise<Privileges> {
  const row = first(
    (
      await client.query<PrivilegesRow>(privilegesSql, [
        needs.flatMap((need) => (need.kind === 'schema' ? need.schema : [])),
        needs.flatMap((need) => (need.kind === 'become' ? need.role : [])),
        // Since 16 a membership may be one without SET ROLE.
        server.versionNum >= 160_000 ? 'SET' : 'MEMBER',
      ])
    ).rows,
  );
  return { ...row, schemas: new Map(Object.entries(row.schemas)), roles: new Map(Object.entries(row.roles)) };
}

function first<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('The server answered with no row.');
  return row;
}
