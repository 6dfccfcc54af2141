import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';
import { by, deeds, effectEvidence, effectsOf, mostRows } from '../write/wording.ts';

/** Rows that everybody reads may be written by their owner alone. */
export const policySharedWritable: Probe = {
  id: 'policy-shared-writable',
  severity: 'error',
  summary: 'A tenant changes, deletes, seizes or adds rows that all tenants share.',
  help:
    'One customer changes what every customer sees. A policy FOR ALL that admits shared rows does this: ' +
    'admit them in the policy FOR SELECT alone, and let INSERT, UPDATE and DELETE compare the tenant column with the context only.',
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
