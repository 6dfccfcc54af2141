import type { Session } from '../postgres/session.ts';
import type { SourceFile } from '../postgres/statement-error.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import { nextBatch, type Field } from './batch.ts';
import { endOf, usualRowsPerPage } from './begin.ts';
import type { BackfillBody } from './body.ts';
import { measurePages } from './measure.ts';
import { findTable, keyOf, mayGoByPages } from './table.ts';
import type { Way } from './way.ts';

const trialRows = 1000;

/**
 * How many rows a second a backfill changes, by one batch that is rolled back: its rows are locked meanwhile, and what it
 * has written is left for VACUUM.
 *
 * @returns null where it cannot be tried yet, such as before its column is there, or changes no row of the first ones
 */
export async function measureRate(session: Session, file: SourceFile, body: BackfillBody): Promise<number | null> {
  const { client } = session;
  try {
    return await inRolledBackTransaction(client, async () => {
      await client.query(
        "set local lock_timeout = '500ms'; set local statement_timeout = '10s'; set local rowhouse.backfill = 'on'",
      );
      const table = await findTable(client, file.path, body);
      const way: Way = mayGoByPages(body, table)
        ? { kind: 'pages', passes: 1, dealt: null }
        : { kind: 'key', key: keyOf(file.path, body, table) };
      const end = await endOf(session, table, way);
      if (end === null) return null;
      const measure = table.partitioned ? null : await measurePages(client, table, body.columns);
      const field: Field = { body, table, way, rowsPerPage: measure?.rowsPerPage ?? usualRowsPerPage };
      const start = {
        stage: 'fill',
        part: 0,
        last: null,
        end,
        rangeEnd: null,
        pass: 0,
        rowsDone: 0,
        rowsPassed: 0,
      } as const;
      const { sql, parameters } = await nextBatch(client, field, start, trialRows);
      const began = performance.now();
      const rows = (await client.query(sql, [...parameters])).rowCount ?? 0;
      return rows === 0 ? null : (rows * 1000) / (performance.now() - began);
    });
  } catch (error) {
    if (sqlstateOf(error) === null) throw error;
    return null;
  }
}
