import type { Probe } from '../probe.ts';
import { groupSubjects, plural, subjects } from '../wording.ts';
import { deeds, effectEvidence } from '../write/wording.ts';

/** No subject may change, delete or take over a row that is foreign to it. */
export const foreignRowWritable: Probe = {
  id: 'foreign-row-writable',
  severity: 'error',
  summary: "A tenant changes or deletes another tenant's rows.",
  help:
    'A statement without a WHERE, or with a guessed key, changes the data of other customers, even where it cannot see them. ' +
    'Give UPDATE and DELETE the same USING predicate as SELECT, without the shared rows.',
  writes: true,
  async run(run) {
    for (const { target, reached, effects, obstacles } of await run.writes()) {
      run.tally.check(reached);
      for (const [reason, who] of groupSubjects(obstacles)) {
        const whose = who.some((subject) => subject !== '') ? `As ${subjects(run.noun, who)}: ` : '';
        run.tally.inconclusive(foreignRowWritable.id, target.name, whose + reason);
      }
      const harmful = effects.filter(({ foreign }) => foreign > 0);
      const [first] = harmful;
      if (!first) continue;
      const rows = Math.max(...harmful.map(({ foreign }) => foreign));
      run.tally.find(foreignRowWritable, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${deeds(harmful)} ${plural(rows, 'row')} of other ${run.noun}s`,
        evidence: effectEvidence(run, harmful),
      });
    }
  },
};
