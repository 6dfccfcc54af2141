import { partitionDirect as rule } from '../../domain/rules/partition-direct.ts';
import type { VisibilityOfTarget } from '../judge.ts';
import type { Probe } from '../probe.ts';
import { plural } from '../wording.ts';

/** A part that shows foreign rows, of a table that does not. */
export const partitionDirect: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    const observed = await run.visibility();
    const byOid = new Map(observed.map((seen) => [seen.target.relation.oid, seen]));
    const isTight = ({ target: { relation }, leaks }: VisibilityOfTarget): boolean =>
      leaks.count === 0 && relation.relrowsecurity;
    for (const { target, leaks } of observed) {
      const whole = target.relation.parents.map((oid) => byOid.get(oid)).find((parent) => parent && isTight(parent));
      if (whole === undefined) continue;
      run.tally.check();
      if (leaks.count === 0) continue;
      run.tally.find(partitionDirect, {
        object: target.name,
        message: `${plural(leaks.count, run.noun)} ${leaks.count === 1 ? 'sees' : 'see'} foreign rows in it, and none in ${whole.target.name}, of which it is a part`,
        evidence: {
          role: run.session.appRole,
          whole: whole.target.name,
          subjects: leaks.kept.map(({ subject }) => subject),
        },
      });
    }
  },
};
