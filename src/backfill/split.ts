import type { Session } from '../postgres/session.ts';
import { dividingKeysSql, type BatchKey } from './batch-sql.ts';
import { createPart, shortenPart, type BackfillId, type Part } from './checkpoint.ts';
import { pageKey, pageOf, sameKey, type Key } from './position.ts';
import type { BackfillTable } from './table.ts';
import type { Way } from './way.ts';

/** A worker is worth its connection, and a part its batches, from so many pages on. */
const fewestPages = 128;
/** Of so many pages the keys are looked at, to divide a table by them. */
const sampledPages = 256;

/** Divides what is left of a stage's parts, so that there are about so many; call it in a transaction. */
export async function divideParts(
  session: Session,
  id: BackfillId,
  { table, way }: { readonly table: BackfillTable; readonly way: Way },
  parts: readonly Part[],
  wanted: number,
): Promise<readonly Part[]> {
  if (wanted === 1) return parts;
  return way.kind === 'pages'
    ? await divideByPages(session, id, parts, wanted)
    : await divideByKey(session, id, table, way.key, parts, wanted);
}

/** Halves the largest part until there are enough. */
async function divideByPages(
  session: Session,
  id: BackfillId,
  parts: readonly Part[],
  wanted: number,
): Promise<Part[]> {
  let divided = [...parts];
  while (divided.filter((part) => pagesLeft(part) > 0).length < wanted) {
    const [largest] = divided.toSorted((a, b) => pagesLeft(b) - pagesLeft(a));
    if (largest === undefined || pagesLeft(largest) < 2 * fewestPages) break;
    const middle = pageKey(pageOf(largest.end) - Math.floor(pagesLeft(largest) / 2));
    divided = await cutPart(session, id, divided, largest, [middle]);
  }
  return divided;
}

/** Cuts each part into equally many: how much of the table a range of keys holds, only the table knows. */
async function divideByKey(
  session: Session,
  id: BackfillId,
  table: BackfillTable,
  key: BatchKey,
  parts: readonly Part[],
  wanted: number,
): Promise<Part[]> {
  const left = parts.filter(({ last, end }) => !sameKey(last, end));
  const pieces = Math.ceil(wanted / Math.max(1, left.length));
  let divided = [...parts];
  if (pieces === 1 || table.pages < 2 * fewestPages) return divided;
  for (const part of left) {
    const { rows } = await session.client.query<{ key: string[] }>(dividingKeysSql(table, key, part.last === null), [
      ...(part.last ?? []),
      ...part.end,
      pieces,
      Math.min(100, (100 * sampledPages) / table.pages),
    ]);
    divided = await cutPart(
      session,
      id,
      divided,
      part,
      rows.map((row) => row.key),
    );
  }
  return divided;
}

/** Lets a part end at the first of some places, and new ones begin behind each of them. */
async function cutPart(
  { client }: Session,
  id: BackfillId,
  parts: readonly Part[],
  part: Part,
  places: readonly Key[],
): Promise<Part[]> {
  const [first] = places;
  if (first === undefined) return [...parts];
  await shortenPart(client, id, part, first);
  const next = Math.max(...parts.map(({ part: number }) => number)) + 1;
  const added = places.map((place, at): Part => ({
    stage: part.stage,
    part: next + at,
    last: place,
    end: places[at + 1] ?? part.end,
    rangeEnd: null,
    pass: 0,
    rowsDone: 0,
    rowsPassed: 0,
  }));
  for (const one of added) await createPart(client, id, one);
  return [...parts.map((one) => (one === part ? { ...part, end: first } : one)), ...added];
}

/** The pages that are not at work yet. */
function pagesLeft({ last, end, rangeEnd }: Part): number {
  return pageOf(end) - pageOf(rangeEnd ?? last);
}
