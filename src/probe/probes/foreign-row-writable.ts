import { fixFor } from '../fix.ts';
import { foreignRowWritable as rule } from '../../domain/rules/foreign-row-writable.ts';
import type { Probe } from '../probe.ts';
import { groupSubjects, plural, subjects } from '../wording.ts';
import { reportCalls } from '../write/blame-calls.ts';
import { by, deeds, effectEvidence, effectsOf, mostRows } from '../write/wording.ts';

/** No subject may change, delete or take over a row that is foreign to it. */
export const foreignRowWritable: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, reached, obstacles } of await run.writes()) {
      run.tally.check(reached);
      for (const [reason, who] of groupSubjects(obstacles)) {
        const whose = who.some((subject) => subject !== '') ? `As ${subjects(run.noun, who)}: ` : '';
        run.tally.inconclusive(foreignRowWritable.id, target.name, whose + reason);
      }
    }
    for (const { target, effects, first } of await effectsOf(run, foreignRowWritable)) {
      const rows = plural(mostRows(effects, 'foreign'), 'row');
      run.tally.find(foreignRowWritable, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${deeds(effects)} ${rows} of other ${run.noun}s${by(first)}`,
        ...fixFor(target, run.snapshot, run.session.appRole),
        evidence: effectEvidence(run, effects),
      });
    }
    await reportCalls(run, rule);
  },
};
