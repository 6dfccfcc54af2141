import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';
import { deeds, effectEvidence } from '../write/wording.ts';

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
    for (const { target, effects } of await run.writes()) {
      const harmful = effects.filter(({ shared }) => shared > 0);
      const [first] = harmful;
      if (!first) continue;
      const rows = Math.max(...harmful.map(({ shared }) => shared));
      run.tally.find(policySharedWritable, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${deeds(harmful)} ${plural(rows, 'shared row')} that it may only read`,
        evidence: effectEvidence(run, harmful),
      });
    }
  },
};
