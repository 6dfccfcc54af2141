import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { isNobody } from '../model/nobody.ts';
import type { Claim } from './claim.ts';
import { claimsOf } from './claims.ts';
import { decide, type Verdict } from './decide.ts';
import { keyTypes } from './smt/session.ts';
import type { Solver } from './smt/solver.ts';
import { walk } from './term.ts';
import { readAs } from './types.ts';

/** A claim and what was found out of it. */
export interface Decided {
  readonly claim: Claim;
  readonly verdict: Verdict;
}

export interface ProveOptions {
  readonly onProgress?: (progress: { readonly claim: Claim; readonly fraction: number }) => void;
  /** Whether to stop: what is left then is unknown. */
  readonly isOver?: () => boolean;
}

/** Decides what the app roles can do by the catalog alone: for every tenant, every row and every session. */
export async function prove(
  solver: Solver,
  snapshot: CatalogSnapshot,
  model: Model,
  intent: Intent,
  { onProgress, isOver }: ProveOptions = {},
): Promise<readonly Decided[]> {
  const claims = model.roles.app.flatMap((role) => claimsOf(snapshot, intent, role));
  const decided: Decided[] = [];
  for (const [index, claim] of claims.entries()) {
    onProgress?.({ claim, fraction: index / claims.length });
    const verdict: Verdict =
      isOver?.() === true
        ? { verdict: 'unknown', reasons: ['there was no time left'] }
        : await decide(solver, snapshot, model.context, { ...claim, stranger: strangerIn(snapshot, model, claim) });
    decided.push({ claim, verdict });
  }
  return decided;
}

/** The empty word, or the id for "none" that a policy names. */
function strangerIn(snapshot: CatalogSnapshot, model: Model, { session, question }: Claim): string | null {
  if (session === 'subject') return null;
  if (model.context.type === 'text') return '';
  const { reads } = keyTypes[model.context.type];
  for (const { term } of question?.demands ?? []) {
    for (const part of walk(term)) {
      const text = part.op === 'constant' ? String(part.value) : '';
      // Of what is no id at all, nothing would be foreign: a number among uuids.
      if (isNobody(model, text) && typeof readAs(snapshot, reads, text) === 'object') return text;
    }
  }
  return null;
}
