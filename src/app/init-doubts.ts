import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Decision, Ownership } from '../plan/ownership/decision.ts';
import { formatQualified, sameName } from '../sql/ident.ts';
import { EntryWriter } from './init-entries.ts';

/** What somebody is asked of a table. */
export interface Doubt {
  /** `schema.relation` */
  readonly table: string;
  readonly reason: string;
  readonly evidence: readonly string[];
  /** As the model would say it, the likeliest first. */
  readonly answers: readonly string[];
  /** Which question it is, from 1, and how many there are at present: an answer may settle others, or raise one. */
  readonly number: number;
  readonly of: number;
}

/** @returns which of the answers, from 0; null to leave the question in the model */
export type AnswerDoubt = (doubt: Doubt) => Promise<number | null>;

/** Asks of each table in doubt once, what others hang on first. An answer that names a table without an entry is not offered. */
export async function answerDoubts(
  snapshot: CatalogSnapshot,
  ownership: Ownership,
  answer: AnswerDoubt,
): Promise<Ownership> {
  const asked = new Set<string>();
  for (let current = ownership; ;) {
    const writer = new EntryWriter(snapshot, current);
    const open = current.tables.filter(
      (decision) => writer.isQuestion(decision) && !asked.has(formatQualified(decision.table)),
    );
    const next = open.find((decision) => !hangsOnAny(decision, open)) ?? open[0];
    if (next === undefined) return current;
    const table = formatQualified(next.table);
    const answers = writer.answersTo(next).filter(({ decision }) => writer.canStand(decision));
    const { reason, evidence } = next;
    const chosen = await answer({
      table,
      reason,
      evidence,
      answers: answers.map(({ body, unfilled }) => (unfilled ? `${body} (say its backfill in the file then)` : body)),
      number: asked.size + 1,
      of: asked.size + open.length,
    });
    asked.add(table);
    const given = chosen === null ? undefined : answers[chosen];
    if (given !== undefined) current = withAnswer(current, given.decision);
  }
}

/** Whether the way to the owner begins at a table that is asked about itself. */
function hangsOnAny({ table, path }: Decision, open: readonly Decision[]): boolean {
  const parent = path[0]?.parent ?? null;
  return parent !== null && !sameName(parent, table) && open.some((other) => sameName(other.table, parent));
}

function withAnswer(ownership: Ownership, decision: Decision): Ownership {
  const answered = { ...decision, confidence: 1, reason: `Answered. ${decision.reason}` };
  return {
    ...ownership,
    tables: ownership.tables.map((one) => (sameName(one.table, decision.table) ? answered : one)),
  };
}
