import type pg from 'pg';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { generateRows, type Generated } from '../generate/generate-rows.ts';
import { findFilled, findLacking } from '../generate/lacking.ts';
import { compileIntent } from '../intent/compile.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError } from '../postgres/database-error.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { formatQualified } from '../sql/ident.ts';

/** Makes rows for a verification, in the transaction that it runs in. */
export interface RowMaker {
  /** Whether the database holds too few for it: fewer than two subjects, or a table with rows of fewer than two. */
  isNeeded(client: pg.ClientBase): Promise<boolean>;
  generate(client: pg.ClientBase): Promise<Generated>;
}

export function rowMaker(model: Model, snapshot: CatalogSnapshot, intent: Intent): RowMaker {
  return {
    isNeeded: async (client) => (await findLacking(client, model, snapshot, intent)).length > 0,
    generate: (client) => generateRows(client, model, snapshot, intent),
  };
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
