import { policyWrongCommand as rule } from '../../domain/rules/policy-wrong-command.ts';
import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';
import { by, deeds, effectEvidence, effectsOf, mostRows } from '../write/wording.ts';

/** UPDATE and DELETE may reach no row that SELECT hides. */
export const policyWrongCommand: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, effects, first } of await effectsOf(run, policyWrongCommand)) {
      const done = effects.filter(({ foreign }) => foreign > 0);
      const [worst] = done;
      const message = worst
        ? `${run.noun} ${worst.subject} can ${deeds(done)} ${plural(mostRows(done, 'foreign'), 'row')} of other ${run.noun}s that it cannot see${by(worst)}`
        : `${run.noun} ${first.subject} is refused an UPDATE only because rows of other ${run.noun}s are there, and so learns of them${by(first)}`;
      run.tally.find(policyWrongCommand, {
        object: target.name,
        severity: worst ? 'error' : 'warning',
        message,
        evidence: effectEvidence(run, effects),
      });
    }
  },
};
