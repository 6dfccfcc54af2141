import type pg from 'pg';
import { rollbackQuietly } from '../postgres/transaction.ts';
import { quoteLiteral } from '../sql/ident.ts';

/** A transaction that reads and nothing else, on one snapshot. */
export const readOnlySnapshot = 'begin isolation level repeatable read read only';

/** How further connections are had. */
export interface MoreConnections {
  /** Opens one as the same role to the same database; it is closed by whom it is given to. */
  readonly connect?: (() => Promise<pg.Client>) | undefined;
  /** How many connections are to read at once, the first one included. */
  readonly jobs: number;
}

/**
 * Runs `body` with connections that see what the open transaction of `client` sees, each in a transaction of its own that `prepare` has
 * seen to. Where the server gives no more connections, or a pooler gives one to another server, it goes on with fewer.
 */
export async function withSameSnapshot<T>(
  client: pg.ClientBase,
  { connect, jobs }: MoreConnections,
  prepare: (helper: pg.ClientBase) => Promise<void>,
  body: (helpers: readonly pg.ClientBase[]) => Promise<T>,
): Promise<T> {
  const helpers: pg.Client[] = [];
  try {
    if (connect && jobs > 1) {
      const { rows } = await client.query<{ id: string }>('select pg_catalog.pg_export_snapshot() as id');
      for (let job = 1; job < jobs; job += 1) {
        const helper = await openHelper(connect, rows[0]?.id ?? '', prepare);
        if (helper === null) break;
        helpers.push(helper);
      }
    }
    return await body(helpers);
  } finally {
    await Promise.all(helpers.map(close));
  }
}

async function openHelper(
  connect: () => Promise<pg.Client>,
  snapshot: string,
  prepare: (helper: pg.ClientBase) => Promise<void>,
): Promise<pg.Client | null> {
  const helper = await connect().catch(() => null);
  if (helper === null) return null;
  try {
    await helper.query(readOnlySnapshot);
    await helper.query(`set transaction snapshot ${quoteLiteral(snapshot)}`);
    await prepare(helper);
    return helper;
  } catch {
    await close(helper);
    return null;
  }
}

async function close(helper: pg.Client): Promise<void> {
  await rollbackQuietly(helper);
  await helper.end().catch(() => undefined);
}
