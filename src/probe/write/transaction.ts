import type pg from 'pg';
import { inRolledBackTransaction } from '../../postgres/transaction.ts';
import { assumeTruth, undone } from '../../postgres/impersonate.ts';
import type { RunInput } from '../input.ts';

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/**
 * Runs `body` as the truth role and undoes all of it, whatever happens: in a transaction of its own, or in a savepoint
 * where one is open already, as where the rows themselves were made in it.
 */
export async function scratch<T>(
  { session, writeSettings, limits, timeLimit }: Pick<RunInput, 'session' | 'writeSettings' | 'limits' | 'timeLimit'>,
  body: () => Promise<T>,
): Promise<T> {
  const { client, truthRole } = session;
  const attempted = async (): Promise<T> => {
    const statementMs = timeLimit.statementMs(limits.statementTimeoutMs);
    for (const [name, value] of Object.entries({ ...writeSettings, statement_timeout: String(statementMs) })) {
      await client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
    }
    await assumeTruth(client, truthRole);
    return await body();
  };
  if (isOpen(client)) return await undone(client, attempted);
  // What other sessions commit meanwhile must not look like the work of an attack.
  return await inRolledBackTransaction(client, attempted, 'begin isolation level repeatable read read write');
}

function isOpen(client: pg.ClientBase): boolean {
  return client.getTransactionStatus() === 'T';
}
