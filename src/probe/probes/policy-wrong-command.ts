import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';
import { by, deeds, effectEvidence, effectsOf, mostRows } from '../write/wording.ts';

/** UPDATE and DELETE may reach no row that SELECT hides. */
export const policyWrongCommand: Probe = {
  id: 'policy-wrong-command',
  severity: 'error',
  summary: 'UPDATE or DELETE reaches rows that SELECT hides.',
  help:
    'A statement without a WHERE and without RETURNING needs no policy for SELECT: it hits the rows of all customers, unseen. ' +
    'Where a check then refuses the new row, the refusal still tells that such rows are there. ' +
    'Give UPDATE and DELETE the same USING predicate as SELECT, without the shared rows.',
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
