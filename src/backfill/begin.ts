import { RowhouseError } from '../domain/errors.ts';
import { statementError, type SourceFile } from '../postgres/statement-error.ts';
import type { Session } from '../postgres/session.ts';
import { formatQualified } from '../sql/ident.ts';
import { endKeySql, type BatchKey } from './batch-sql.ts';
import { withParameters, type BackfillBody } from './body.ts';
import { createCheckpoint, createPart, readCheckpoint, readParts } from './checkpoint.ts';
import type { BackfillId, Checkpoint, Part } from './checkpoint.ts';
import { measurePages, type TableMeasure } from './measure.ts';
import { pageKey, type Key } from './position.ts';
import { findTable, firingTriggers, keyOf, mayGoByPages, type BackfillTable } from './table.ts';
import { passesFor, type Way } from './way.ts';

/** Rows of a page where there is none to look at. */
export const usualRowsPerPage = 50;
/** Below so many pages one pass is enough: what a smaller table could save is not worth the transactions. */
const smallTable = 64;
/** From so much more than its part on, a key does not deal rows out evenly, such as one that counts in tens. */
const uneven = 1.5;
const place: BatchKey = { columns: ['ctid'], types: ['tid'] };

/** What a backfill is about to do. */
export interface Beginning {
  readonly table: BackfillTable;
  readonly way: Way;
  readonly rowsPerPage: number;
  readonly triggers: readonly string[];
  /** None where the table is empty. */
  readonly parts: readonly Part[];
}

/** Checks everything that can be wrong with a body before its first batch, and finds or writes the checkpoint. */
export async function begin(
  session: Session,
  id: BackfillId,
  file: SourceFile,
  body: BackfillBody,
  passes: number | null,
): Promise<Beginning> {
  const { client } = session;
  const table = await findTable(client, file.path, body);
  const byPages = mayGoByPages(body, table);
  const key = byPages ? place : keyOf(file.path, body, table);
  await assertExecutable(session, file, body);
  const triggers = await firingTriggers(client, table, body.columns);
  const measure = table.partitioned ? null : await measurePages(client, table, body.columns);
  const earlier = await readCheckpoint(client, id);
  if (earlier) assertSameShape(file.path, earlier, table, byPages);
  if (earlier) assertSameText(file, earlier, await readParts(client, id));
  const way = earlier ? wayOf(earlier, table) : chooseWay(table, byPages ? null : key, measure, passes);
  if (!earlier) await createFirstCheckpoint(session, id, file, table, way);
  const rowsPerPage = measure?.rowsPerPage ?? usualRowsPerPage;
  return { table, way, rowsPerPage, triggers, parts: await readParts(client, id) };
}

/** Lets PostgreSQL plan the UPDATE as it is written: an error has its place, and an empty table hides none. */
async function assertExecutable(session: Session, file: SourceFile, body: BackfillBody): Promise<void> {
  const explain = 'explain ';
  const text = explain + withParameters(body.source);
  const parameters = body.rangeColumn === null ? [] : [null, null];
  await session.client.query(text, parameters).catch((error: unknown) => {
    throw statementError(session, file, { text, offset: -explain.length }, error);
  });
}

function chooseWay(
  table: BackfillTable,
  key: BatchKey | null,
  measure: TableMeasure | null,
  wanted: number | null,
): Way {
  if (key) return { kind: 'key', key };
  const passes = wanted ?? (measure === null || table.pages < smallTable ? 1 : passesFor(measure));
  return { kind: 'pages', passes, dealt: measure && measure.unevenness < uneven ? table.integerKey : null };
}

/** The way that a backfill has begun on. A column that deals rows out and is gone is missed by nobody: the sweep comes last. */
function wayOf({ key: [first, dealt], passes }: Checkpoint, table: BackfillTable): Way {
  if (first !== 'ctid tid' && table.key) return { kind: 'key', key: table.key };
  return { kind: 'pages', passes, dealt: dealt !== undefined && dealt === table.integerKey ? dealt : null };
}

async function createFirstCheckpoint(
  session: Session,
  id: BackfillId,
  { source }: SourceFile,
  table: BackfillTable,
  way: Way,
): Promise<void> {
  const end = await endOf(session, table, way);
  if (end === null) return;
  const key =
    way.kind === 'key' ? describeKey(way.key) : [...describeKey(place), ...(way.dealt === null ? [] : [way.dealt])];
  const passes = way.kind === 'key' ? 1 : way.passes;
  await createCheckpoint(session.client, id, { relation: formatQualified(table), key, source, passes }, end);
  await createPart(session.client, id, { stage: 'fill', part: 0, last: null, end });
}

/** Where a table ends at this moment; null where it is empty. */
export async function endOf({ client }: Session, table: BackfillTable, way: Way): Promise<Key | null> {
  if (way.kind === 'pages') return table.pages === 0 ? null : pageKey(table.pages);
  const { rows } = await client.query<{ key: string[] }>(endKeySql(table, way.key));
  return rows[0]?.key ?? null;
}

function describeKey({ columns, types }: BatchKey): string[] {
  return columns.map((column, index) => `${column} ${types[index] ?? ''}`);
}

/** A key that is another one has another order; places are the table's own, and moved rows are swept. */
function assertSameShape(path: string, then: Checkpoint, table: BackfillTable, byPages: boolean): void {
  const wasByPages = then.key[0] === 'ctid tid';
  const key = wasByPages && byPages ? then.key : describeKey(table.key ?? place);
  const now = `${formatQualified(table)} by ${key.join(', ')}`;
  const began = `${then.relation} by ${then.key.join(', ')}`;
  if (now === began) return;
  throw new RowhouseError('drift', 'backfill-changed', `${path}: began over ${began}, and now goes over ${now}.`, {
    hint: 'Restore the file or the key, or roll this backfill back and begin again.',
  });
}

/** Half of the table would be as the one text says, and half as the other. */
function assertSameText({ path, source }: SourceFile, checkpoint: Checkpoint, parts: readonly Part[]): void {
  if (checkpoint.source === source) return;
  const rows = parts.reduce((sum, { rowsDone }) => sum + rowsDone, 0);
  throw new RowhouseError('drift', 'backfill-edited', `${path}: was edited after ${rows} rows were done.`, {
    hint: 'Restore it, or roll it back and begin again; `rowhouse repair` shows the difference, and lets the rest be done by the new text.',
  });
}
