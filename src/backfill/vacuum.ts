import type { Session } from '../postgres/session.ts';
import { quoteQualified } from '../sql/ident.ts';
import type { BackfillTable } from './table.ts';

/** The share of a table after which the room of the old row versions is worth a VACUUM. */
const share = 0.2;
/** A smaller table may double. */
const fromPages = 1024;

/** Whether so many changed rows leave behind what the next ones could have the room of. */
export function needsVacuum({ pages, estimate }: BackfillTable, changed: number): boolean {
  return pages >= fromPages && estimate > 0 && changed >= estimate * share;
}

/** Best effort: one that is under way does, and who may not gets a warning. The file is not cut, which would lock others out. */
export async function vacuum({ client, signal }: Session, table: BackfillTable): Promise<void> {
  if (signal.aborted) return;
  await client.query(`vacuum (skip_locked, truncate false) ${quoteQualified(table)}`).catch(() => undefined);
}
