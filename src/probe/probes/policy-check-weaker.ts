import { policyCheckWeaker as rule } from '../../domain/rules/policy-check-weaker.ts';
import type { Probe } from '../probe.ts';
import { by, effectEvidence, effectsOf } from '../write/wording.ts';

/** A subject may store no row that belongs to somebody else. */
export const policyCheckWeaker: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, effects, first } of await effectsOf(run, policyCheckWeaker)) {
      const ways = [
        effects.some(({ kind }) => kind === 'insert') && `insert rows for another ${run.noun}`,
        effects.some(({ kind }) => kind === 'move') && `move its own rows to another ${run.noun}`,
      ].filter((way) => way !== false);
      run.tally.find(policyCheckWeaker, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${ways.join(' and ')}${by(first)}`,
        evidence: effectEvidence(run, effects),
      });
    }
  },
};
