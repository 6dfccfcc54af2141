import type { Probe } from '../probe.ts';
import { effectEvidence } from '../write/wording.ts';

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
    for (const { target, effects } of await run.writes()) {
      const harmful = effects.filter(({ planted }) => planted > 0);
      const [first] = harmful;
      if (!first) continue;
      const ways = [
        harmful.some(({ kind }) => kind === 'insert') && `insert rows for another ${run.noun}`,
        harmful.some(({ kind }) => kind === 'move') && `move its own rows to another ${run.noun}`,
      ].filter((way) => way !== false);
      run.tally.find(policyCheckWeaker, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${ways.join(' and ')}`,
        evidence: effectEvidence(run, harmful),
      });
    }
  },
};
