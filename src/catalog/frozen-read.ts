import type pg from 'pg';

/** Names print qualified and values the same whatever the session prefers; a role that row security binds gets an error and not a part. */
const settings = {
  search_path: '',
  quote_all_identifiers: 'off',
  row_security: 'off',
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
};

/**
 * Runs reads in one repeatable read transaction with settings under which equal things print equal.
 * Within a caller's transaction a savepoint takes its place: settings return to what they were, and the isolation level is the caller's.
 */
export async function frozenRead<T>(client: pg.ClientBase, read: () => Promise<T>): Promise<T> {
  const status = client.getTransactionStatus();
  const nested = status === 'T' || status === 'E';
  await client.query(nested ? 'savepoint rowhouse_read' : 'begin isolation level repeatable read, read only');
  const undo = nested ? 'rollback to savepoint rowhouse_read; release savepoint rowhouse_read' : 'rollback';
  try {
    await client.query(
      'select pg_catalog.set_config(s.key, s.value, true) from pg_catalog.jsonb_each_text($1::pg_catalog.jsonb) s',
      [JSON.stringify(settings)],
    );
    const result = await read();
    await client.query(undo);
    return result;
  } catch (error) {
    // A lost connection cannot be rolled back, and its error says more than that of the rollback.
    await client.query(undo).catch(() => undefined);
    throw error;
  }
}
