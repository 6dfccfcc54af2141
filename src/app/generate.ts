import type pg from 'pg';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { generateRows, type Generated } from '../generate/generate-rows.ts';
import { findFilled, findLacking } from '../generate/lacking.ts';
import { readWritten, replay, type Written } from '../generate/replay.ts';
import { compileIntent } from '../intent/compile.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError, sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import { inRolledBackTransaction, inTransaction } from '../postgres/transaction.ts';
import { formatQualified } from '../sql/ident.ts';

/** Makes rows for a verification, in the transaction that it runs in. */
export interface RowMaker {
  /** Whether the database holds too few for it: fewer than two subjects, or a table with rows of fewer than two. */
  isNeeded(client: pg.ClientBase): Promise<boolean>;
  generate(client: pg.ClientBase): Promise<Generated>;
}

/**
 * Makes rows on a connection aside, takes them back there, and stores them as they were: some triggers want a context, and a
 * session that had one can no longer show what it sees without. Where the role may not keep triggers quiet, or no connection
 * is given, they are made in the verification's own session.
 */
export function rowMaker(model: Model, snapshot: CatalogSnapshot, intent: Intent, aside?: Connection): RowMaker {
  const make = (client: pg.ClientBase): Promise<Generated> => generateRows(client, model, snapshot, intent);
  return {
    isNeeded: async (client) =>
      !(await isStandby(client)) && (await findLacking(client, model, snapshot, intent)).length > 0,
    generate: async (client) => {
      if (aside === undefined || !(await mayReplay(client))) return await make(client);
      const { generated, written } = await makeAside(aside, make);
      await replay(client, written);
      return generated;
    },
  };
}

/** A standby takes no rows. */
async function isStandby(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ standby: boolean }>('select pg_catalog.pg_is_in_recovery() as standby');
  return rows[0]?.standby === true;
}

async function makeAside(
  connection: Connection,
  make: RowMaker['generate'],
): Promise<{ readonly generated: Generated; readonly written: Written }> {
  const client = await connect(connection, 'rowhouse verify (rows)');
  try {
    return await inRolledBackTransaction(client, async () => {
      await client.query("set local row_security = off; set local lock_timeout = '2s'");
      const generated = await make(client);
      return { generated, written: await readWritten(client) };
    });
  } finally {
    await client.end();
  }
}

async function mayReplay(client: pg.ClientBase): Promise<boolean> {
  try {
    await undone(client, () => client.query('set local session_replication_role = replica'));
    return true;
  } catch (error) {
    if (sqlstateOf(error) === null) throw error;
    return false;
  }
}

/**
 * Stores generated rows in a database that has none, for good: it is a scratch database, and goes with all that is in it.
 *
 * @throws RowhouseError `generate-without-writes`; `not-empty` where a table holds rows of tenants already
 */
export async function storeRows(connection: Connection, model: Model, writes: boolean): Promise<Generated> {
  if (!writes) {
    throw new RowhouseError('usage', 'generate-without-writes', '--generate stores rows: it wants --writes too.', {
      hint: 'Both are for scratch databases.',
    });
  }
  // A connection of its own: the verification wants one that never had a context.
  const client = await connect(connection, 'rowhouse verify --generate');
  try {
    const snapshot = await readSnapshot(client);
    const intent = compileIntent(model, snapshot);
    return await inTransaction(client, async () => {
      await client.query('set local row_security = off');
      const [filled] = await findFilled(client, model, snapshot, intent);
      if (filled !== undefined) {
        throw new RowhouseError(
          'usage',
          'not-empty',
          `--generate is for a database without rows of tenants: ${formatQualified(filled)} holds some.`,
          { hint: 'Leave it out: --writes alone generates what is missing, and takes it back.' },
        );
      }
      return await generateRows(client, model, snapshot, intent);
    });
  } catch (error) {
    throw databaseError(error, 'Rows could not be generated');
  } finally {
    await client.end();
  }
}
