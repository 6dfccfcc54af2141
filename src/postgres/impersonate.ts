import type pg from 'pg';
import { sqlstateOf } from './database-error.ts';
import { quoteIdent } from '../sql/ident.ts';

/** Settings of a session by name, such as `{ 'app.current_tenant': '…' }`. */
export type SessionSettings = Readonly<Record<string, string>>;

/**
 * Becomes `role`, bound by row-level security, under `settings`, until the transaction or the savepoint around it ends.
 * Null stays who it is.
 */
export async function assumeRole(client: pg.ClientBase, role: string | null, settings: SessionSettings): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
  }
  await client.query(becoming(role));
}

function becoming(role: string | null): string {
  const become = role === null ? '' : `set local role ${quoteIdent(role)}; `;
  return `${become}set local row_security = on`;
}

/** Becomes `role` with `row_security = off`: a policy that would bind it raises an error instead of hiding rows. */
export async function assumeTruth(client: pg.ClientBase, role: string): Promise<void> {
  await client.query(`set local role ${quoteIdent(role)}; set local row_security = off`);
}

/**
 * Runs `body` as `role` under `settings`, inside a savepoint of the open transaction, and undoes all of it.
 * A setting that the session never had reads '' afterwards and no longer NULL: PostgreSQL keeps the placeholder.
 *
 * @param first what runs behind the savepoint, in one round trip with it
 */
export async function asRole<T>(
  client: pg.ClientBase,
  role: string | null,
  settings: SessionSettings,
  body: () => Promise<T>,
  first = '',
): Promise<T> {
  if (Object.keys(settings).length === 0) return await undone(client, body, joined(first, becoming(role)));
  return await undone(
    client,
    async () => {
      await assumeRole(client, role, settings);
      return await body();
    },
    first,
  );
}

function joined(...statements: readonly string[]): string {
  return statements.filter((statement) => statement !== '').join('; ');
}

const savepoint = 'savepoint rowhouse_undone';
const undo = 'rollback to savepoint rowhouse_undone; release savepoint rowhouse_undone';

/** Runs `first`, in one round trip with the savepoint, and `body` inside a savepoint of the open transaction and undoes whatever they did; errors pass through. */
export async function undone<T>(client: pg.ClientBase, body: () => Promise<T>, first = ''): Promise<T> {
  try {
    await client.query(joined(savepoint, first));
  } catch (error) {
    // The savepoint itself fails only where the transaction has: then there is none of ours to go back to.
    if (first !== '' && sqlstateOf(error)?.startsWith('25') === false) await client.query(undo);
    throw error;
  }
  try {
    return await body();
  } finally {
    await client.query(undo);
  }
}
