import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { ContextModel } from '../model/model.ts';
import type { Claim } from './claim.ts';
import { ask, type Answer, type Example } from './question.ts';
import type { Solver } from './smt/solver.ts';
import { claimNamed, type SessionOptions } from './smt/session.ts';
import { walk, type Term } from './term.ts';

/** What was found out of a claim. */
export type Verdict =
  /** It holds for every tenant and every row. `notes`: what it goes by beside the model. */
  | { readonly verdict: 'proved'; readonly notes: readonly string[] }
  | { readonly verdict: 'refuted'; readonly example: Example }
  /** `reasons`: what was not understood. */
  | { readonly verdict: 'unknown'; readonly reasons: readonly string[] };

/**
 * Decides a claim. Settings that the model does not speak of may be anything; where that is what makes the difference, one of them
 * may be another name of the context, and otherwise it is not known who sets it.
 */
export async function decide(
  solver: Solver,
  snapshot: CatalogSnapshot,
  context: ContextModel,
  claim: Claim,
): Promise<Verdict> {
  const { question, enough = null, some = null, better = null, rewritten = null, excuse = null } = claim;
  if (question === null) return { verdict: 'proved', notes: [] };
  if (some !== null) return await decideSome(solver, snapshot, context, claim, question, some);
  if (enough !== null) {
    const reached = await decideFor(solver, snapshot, context, claim, enough);
    if (reached.verdict === 'proved') return reached;
  }
  const plain = await decideFor(solver, snapshot, context, claim, question);
  if (plain.verdict === 'refuted' && excuse !== null) return { verdict: 'unknown', reasons: [excuse] };
  if (plain.verdict === 'refuted' && better !== null) {
    const told = await decideFor(solver, snapshot, context, claim, better);
    return told.verdict === 'refuted' ? told : plain;
  }
  if (plain.verdict !== 'proved' || rewritten === null) return plain;
  const behind = await decideFor(solver, snapshot, context, claim, { ...question, rows: rewritten });
  if (behind.verdict === 'proved') return behind;
  return { verdict: 'unknown', reasons: ['it holds unless a trigger writes columns that the role may not'] };
}

const someRefused = 'where a policy asks for more of an own row to write than whose it is, some rows pass';

/** That all rows of a subject's own pass, or at least some do, for one subject or another. */
async function decideSome(
  solver: Solver,
  snapshot: CatalogSnapshot,
  context: ContextModel,
  claim: Claim,
  question: NonNullable<Claim['question']>,
  some: NonNullable<Claim['question']>,
): Promise<Verdict> {
  const session = { kind: 'subject' as const, othersUnset: false, alias: null };
  const all = async (): Promise<Verdict> => await decideFor(solver, snapshot, context, claim, question);
  // Where it is plain that not all pass, to look for one that does not is for nothing.
  const early = asksForMore(question) ? undefined : await all();
  if (early?.verdict === 'proved') return early;
  const any = await ask(solver, snapshot, context, { ...some, session, isLikely: true });
  if (any.answer === 'refuted') return { verdict: 'proved', notes: [someRefused] };
  // None passes: that is a fault only if one is there to pass.
  const every = early ?? (await all());
  return every.verdict === 'proved' || any.answer === 'proved' ? every : verdictOf(any);
}

/** Whether one of the demands reads columns that the first, which says whose a row is, does not. */
function asksForMore({ demands: [whose, ...others] }: NonNullable<Claim['question']>): boolean {
  const known = new Set(columnsOf(whose?.term));
  return others.some(({ term }) => columnsOf(term).some((column) => !known.has(column)));
}

function columnsOf(term: Term | undefined): readonly string[] {
  if (term === undefined) return [];
  return [...walk(term)].flatMap((part) => (part.op === 'column' ? [`${part.row.relation.oid} ${part.name}`] : []));
}

async function decideFor(
  solver: Solver,
  snapshot: CatalogSnapshot,
  context: ContextModel,
  { kind, session, stranger = null }: Claim,
  question: NonNullable<Claim['question']>,
): Promise<Verdict> {
  const asked = async (options: Omit<SessionOptions, 'kind' | 'stranger'>): Promise<Answer> =>
    await ask(solver, snapshot, context, { ...question, session: { kind: session, stranger, ...options } });
  const others = otherSettings(
    context,
    question.demands.flatMap(({ term }) => [...walk(term)]),
  );
  // Own rows are asked for by sessions as the model describes them.
  if (kind === 'hides' || kind === 'refuses') {
    const any = await asked({ othersUnset: true, alias: null });
    if (any.answer !== 'refuted') return verdictOf(any);
    // That a tenant called 0 would see nothing is no loss; if there is one, the probes tell.
    const ordinary = await asked({ othersUnset: true, alias: null, ordinary: true });
    return verdictOf(ordinary.answer === 'unknown' ? any : ordinary);
  }
  for (const alias of others) {
    const { answer } = await asked({ othersUnset: false, alias });
    if (answer === 'proved') return { verdict: 'proved', notes: [`${alias}, where it is set, says the subject too`] };
  }
  const older = others.filter((name) => claimNamed(name, context) !== undefined);
  if (older.length > 1 || (older.length === 1 && others.length > 1)) {
    const { answer } = await asked({ othersUnset: false, alias: null, older: true });
    const note = `${older.join(' and ')}, where ${older.length > 1 ? 'they are' : 'it is'} set, say what ${context.setting} says`;
    if (answer === 'proved') return { verdict: 'proved', notes: [note] };
  }
  const free = await asked({ othersUnset: false, alias: null });
  if (others.length === 0 || free.answer === 'proved') return verdictOf(free);
  const plain = await asked({ othersUnset: true, alias: null });
  if (plain.answer !== 'proved') return verdictOf(plain);
  return {
    verdict: 'unknown',
    reasons: [
      `it holds while ${others.join(' and ')} ${others.length > 1 ? 'are' : 'is'} not set; the model does not say who sets it`,
    ],
  };
}

function otherSettings(
  { setting }: ContextModel,
  terms: readonly { readonly op: string; readonly name?: unknown }[],
): readonly string[] {
  const names = terms.flatMap(({ op, name }) => (op === 'setting' && typeof name === 'string' ? [name] : []));
  return [...new Set(names)].filter((name) => name !== setting.toLowerCase() && name.includes('.'));
}

/** What an answer makes of a claim; what it goes by is not known here. */
export function verdictOf(answer: Answer): Verdict {
  switch (answer.answer) {
    case 'proved':
      return { verdict: 'proved', notes: [] };
    case 'refuted':
      return { verdict: 'refuted', example: answer.example };
    case 'unknown':
      return { verdict: 'unknown', reasons: [...new Set(answer.reasons)] };
  }
}
