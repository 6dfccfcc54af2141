import type { Probe } from '../probe.ts';
import { by, effectEvidence, effectsOf } from '../write/wording.ts';

/** A subject may store no row that belongs to somebody else. */
export const policyCheckWeaker: Probe = {
  id: 'policy-check-weaker',
  severity: 'error',
  summary: "A tenant stores rows in another tenant's name.",
  help:
    'A customer finds rows that it never wrote, or its own rows gone to another. ' +
    'Make WITH CHECK as strict as USING; leaving it out reuses USING, which is safe.',
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
