import { loadSql } from '../sql/load.ts';
import { quoteQualified, quoteWritten, type QualifiedName } from '../sql/ident.ts';
import type { Statement } from '../sql/parse.ts';
import type { IndexProgress } from './events.ts';
import type { Run } from './run.ts';

const progressSql = loadSql(import.meta.url, './queries/index-progress.sql');

/** How often it is looked at, in milliseconds. */
const lookEveryMs = 500;

/** Runs `body`, and tells meanwhile how far the index is that it builds, if it builds one. */
export async function tellingProgress<T>({ session, onEvent }: Run, name: string, body: () => Promise<T>): Promise<T> {
  let looking = false;
  let ended = false;
  const look = async (): Promise<void> => {
    const watcher = await session.watcher();
    const { rows } = await watcher.query<IndexProgress>(progressSql, [session.pid]);
    if (!ended) for (const progress of rows) onEvent({ type: 'index-progress', name, ...progress });
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // Nobody misses a line of progress; the statement itself tells what is wrong.
    void look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, lookEveryMs);
  try {
    return await body();
  } finally {
    ended = true;
    clearInterval(timer);
  }
}

/** Drops what a failed build of this index has left. @returns false where the build is finished already */
export async function prepareIndexBuild(run: Run, name: string, { node }: Statement, begun: boolean): Promise<boolean> {
  const index = 'IndexStmt' in node ? node.IndexStmt : undefined;
  if (index?.relation?.relname === undefined) return true;
  const { schemaname, relname } = index.relation;
  const table = quoteWritten({ schema: schemaname ?? null, name: relname });
  // An index lies in the schema of its table, wherever the search path leads.
  const { rows } = await run.session.client.query<QualifiedName & { indisvalid: boolean }>(
    `select n.nspname as schema, c.relname as name, i.indisvalid
       from pg_catalog.pg_index as i
       join pg_catalog.pg_class as c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where i.indrelid = pg_catalog.to_regclass($1) and c.relname = $2`,
    [table, index.idxname],
  );
  const existing = rows[0];
  if (existing?.indisvalid === true) return !begun;
  if (existing) {
    await run.session.client.query(`drop index concurrently ${quoteQualified(existing)}`);
    run.onEvent({ type: 'index-rebuilt', name, index: existing.name });
  }
  return true;
}
