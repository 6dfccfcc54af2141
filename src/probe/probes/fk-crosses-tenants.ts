import { fkCrossesTenants as rule } from '../../domain/rules/fk-crosses-tenants.ts';
import type { Probe } from '../probe.ts';
import { groupSubjects, subjects } from '../wording.ts';
import { compositeKey } from '../write/composite-key.ts';

/** No row of a subject may point at a row that is foreign to it, nor may trying tell whether there is one. */
export const fkCrossesTenants: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { reference, reached, crossings, obstacles } of await run.references()) {
      const { child, parent, pairs, conname } = reference;
      run.tally.check(reached);
      for (const [reason, who] of groupSubjects(obstacles)) {
        const whose = `As ${subjects(run.noun, who)}, by ${conname}: `;
        run.tally.inconclusive(fkCrossesTenants.id, child.name, whose + reason);
      }
      const points = crossings.filter(({ did }) => did === 'points');
      const first = points[0] ?? crossings[0];
      if (!first) continue;
      const columns = pairs.map(({ column }) => column).join(', ');
      run.tally.find(
        fkCrossesTenants,
        {
          object: child.name,
          severity: points.length > 0 ? 'error' : 'warning',
          message:
            points.length > 0
              ? `${run.noun} ${first.subject} can point a row of its own at a row of another ${run.noun} in ${parent.name} through ${columns}, as by: ${first.statement}`
              : `${run.noun} ${first.subject} learns through ${columns} which rows of others ${parent.name} has, as by: ${first.statement}`,
          ...compositeKey(run, reference),
          evidence: { role: run.session.appRole, constraint: conname, crossings },
        },
        conname,
      );
    }
  },
};
