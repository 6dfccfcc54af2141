import { truncateGranted as rule } from '../../domain/rules/truncate-granted.ts';
import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';
import { observeTruncates } from '../write/truncate.ts';

/** Nobody may empty a table that holds rows of others. */
export const truncateGranted: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, subject, outcome } of await observeTruncates(run)) {
      if ('obstacle' in outcome) {
        run.tally.inconclusive(truncateGranted.id, target.name, `As ${run.noun} ${subject}: ${outcome.obstacle}`);
        continue;
      }
      run.tally.check(1);
      if (outcome.rows === 0) continue;
      run.tally.find(truncateGranted, {
        object: target.name,
        message: `${run.noun} ${subject} can remove ${plural(outcome.rows, 'row')} that are not its own, as by: ${outcome.statement}`,
        evidence: { role: run.session.appRole, removed: outcome.rows, statement: outcome.statement },
      });
    }
  },
};
