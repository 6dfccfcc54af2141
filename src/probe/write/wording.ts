import type { RunInput } from '../input.ts';
import type { Effect } from './effect.ts';

const verbs = { update: 'change', delete: 'delete', seize: 'take over', move: 'add', insert: 'add' } as const;

/** `change, delete and take over`: what the effects did, each verb once. */
export function deeds(effects: readonly Effect[]): string {
  const words = [...new Set(effects.map(({ kind }) => verbs[kind]))];
  const last = words.pop() ?? '';
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last;
}

/** How a subject can be led to the same effect. */
export function effectEvidence(run: RunInput, effects: readonly Effect[]): Record<string, unknown> {
  return { role: run.session.appRole, effects };
}
