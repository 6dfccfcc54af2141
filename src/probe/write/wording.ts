import type { ProbeRule } from '../rule.ts';
import type { ProbeRun } from '../run.ts';
import type { Target } from '../target.ts';
import { blame } from './blame.ts';
import type { Effect } from './effect.ts';

const verbs = { update: 'change', delete: 'delete', seize: 'take over', move: 'add', insert: 'add' } as const;

/** `change, delete and take over`: what the effects did, each verb once. */
export function deeds(effects: readonly Effect[]): string {
  const words = [...new Set(effects.map(({ kind }) => verbs[kind]))];
  const last = words.pop() ?? '';
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last;
}

/** The effects for which a rule answers, for each target that has some; the first is named. */
export async function effectsOf(
  run: ProbeRun,
  { id }: ProbeRule,
): Promise<readonly { readonly target: Target; readonly effects: readonly Effect[]; readonly first: Effect }[]> {
  return (await run.writes()).flatMap(({ target, effects }) => {
    const harmful = effects.filter((effect) => blame(run, target, effect).some((rule) => rule === id));
    const [first] = harmful;
    return first ? [{ target, effects: harmful, first }] : [];
  });
}

/** The most rows that one of the effects hit. */
export function mostRows(effects: readonly Effect[], of: 'foreign' | 'shared' | 'planted'): number {
  return Math.max(...effects.map((effect) => effect[of]));
}

/** How a subject can be led to the same effect. */
export function effectEvidence(run: ProbeRun, effects: readonly Effect[]): Record<string, unknown> {
  return { role: run.session.appRole, effects };
}

/** The statement that did it, at the end of a message. */
export function by({ statement }: Effect): string {
  return `, as by: ${statement}`;
}
