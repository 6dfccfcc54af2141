import type { AnswerDoubt } from '../../app/init-doubts.ts';
import type { RootCandidate } from '../../plan/ownership/decision.ts';
import { formatQualified } from '../../sql/ident.ts';
import type { Terminal } from '../terminal.ts';

type Ask = (question: string) => Promise<string>;
type Page = Pick<Terminal, 'err' | 'log'>;

/** Asks about each doubt on a terminal: a number, or Enter to leave it as a question in the model. */
export function doubtDialogue(page: Page, ask: Ask): AnswerDoubt {
  const { err, log } = page;
  return async ({ table, reason, evidence, answers, number, of }) => {
    log(`\n${err.yellow('?')} ${err.dim(`${number} of ${of}`)} ${err.bold(table)}: ${reason}`);
    for (const sentence of evidence) log(`  ${err.dim(sentence)}`);
    return await choose(answers, 'Which is it?', 'to leave it for later', page, ask);
  };
}

/** Asks which of the tables that could be the root is that of tenants. @returns its name; null where none is */
export async function rootDialogue(candidates: readonly RootCandidate[], page: Page, ask: Ask): Promise<string | null> {
  page.log('There is no plain tenant root. What could be one:');
  const shown = candidates.slice(0, 5);
  const lines = shown.map(({ table, reason }) => `${page.err.bold(formatQualified(table))}: ${reason}`);
  const chosen = await choose(lines, 'Which is the table of tenants?', 'for none of them', page, ask);
  const candidate = chosen === null ? undefined : shown[chosen];
  return candidate === undefined ? null : formatQualified(candidate.table);
}

/** @returns which of the lines, from 0; null on Enter alone */
async function choose(
  lines: readonly string[],
  question: string,
  otherwise: string,
  { err, log }: Page,
  ask: Ask,
): Promise<number | null> {
  for (const [index, line] of lines.entries()) log(`  ${err.bold(String(index + 1))}  ${line}`);
  for (;;) {
    const answer = await ask(`${question} [1-${lines.length}, Enter ${otherwise}] `);
    if (answer === '') return null;
    const chosen = Number(answer);
    if (Number.isInteger(chosen) && chosen >= 1 && chosen <= lines.length) return chosen - 1;
    log(`It is a number from 1 to ${lines.length}.`);
  }
}
