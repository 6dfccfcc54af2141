import type { Session } from '../postgres/session.ts';
import { createPart, shortenPart, type BackfillId, type Part } from './checkpoint.ts';
import { pageKey, pageOf } from './position.ts';

/** A worker is worth its connection, and a part its batches, from so many pages on. */
const fewestPages = 128;

/** Divides what is left of a stage's parts, pages all of them, so that there are so many; call it in a transaction. */
export async function divideParts(
  { client }: Session,
  id: BackfillId,
  parts: readonly Part[],
  wanted: number,
): Promise<Part[]> {
  const divided = [...parts];
  while (wanted > 1 && divided.filter((part) => pagesLeft(part) > 0).length < wanted) {
    const [largest] = divided.toSorted((a, b) => pagesLeft(b) - pagesLeft(a));
    if (largest === undefined || pagesLeft(largest) < 2 * fewestPages) break;
    const middle = pageKey(pageOf(largest.end) - Math.floor(pagesLeft(largest) / 2));
    const rest: Part = {
      stage: largest.stage,
      part: Math.max(...divided.map(({ part }) => part)) + 1,
      last: middle,
      end: largest.end,
      rangeEnd: null,
      pass: 0,
      rowsDone: 0,
      rowsPassed: 0,
    };
    await shortenPart(client, id, largest, middle);
    await createPart(client, id, rest);
    divided[divided.indexOf(largest)] = { ...largest, end: middle };
    divided.push(rest);
  }
  return divided;
}

/** The pages that are not at work yet. */
function pagesLeft({ last, end, rangeEnd }: Part): number {
  return pageOf(end) - pageOf(rangeEnd ?? last);
}
