import { policySharedWritable as rule } from '../../domain/rules/policy-shared-writable.ts';
import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';
import { by, deeds, effectEvidence, effectsOf, mostRows } from '../write/wording.ts';

/** Rows that everybody reads may be written by their owner alone. */
export const policySharedWritable: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, effects, first } of await effectsOf(run, policySharedWritable)) {
      const rows = plural(mostRows(effects, 'shared'), 'shared row');
      run.tally.find(policySharedWritable, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${deeds(effects)} ${rows} that it may only read${by(first)}`,
        evidence: effectEvidence(run, effects),
      });
    }
  },
};
