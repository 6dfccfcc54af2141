import { readVisible } from './difference.ts';
import { type Fingerprint, sameFingerprint } from './fingerprint.ts';
import type { RunInput } from './input.ts';
import type { Target } from './target.ts';

/** Subjects that are tried until two of them see different rows. */
const triedSubjects = 8;

/** What a subject sees in a session that is its own. */
export interface Seen {
  readonly subject: string;
  readonly rows: Fingerprint;
}

/** Two subjects that see different rows; null where none of the first few do, or a policy fails. */
export async function differingPair(run: RunInput, target: Target): Promise<readonly [Seen, Seen] | null> {
  let first: Seen | undefined;
  for (const subject of run.subjects.slice(0, triedSubjects)) {
    const rows = await run.session.asApp(run.contextOf(subject), () => readVisible(run.session, target));
    if (!rows.ok) return null;
    if (first === undefined) first = { subject, rows: rows.value };
    else if (!sameFingerprint(first.rows, rows.value)) return [first, { subject, rows: rows.value }];
  }
  return null;
}
