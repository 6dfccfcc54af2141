import { fkCascadeCrosses as rule } from '../../domain/rules/fk-cascade-crosses.ts';
import type { Probe } from '../probe.ts';
import { compositeKey } from '../write/composite-key.ts';

/** Deleting a row of one's own, or giving it another key, may change or delete no row of others. */
export const fkCascadeCrosses: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { reference, crossings } of await run.references()) {
      const { child, parent, pairs, conname } = reference;
      const [first] = crossings.flatMap(({ subject, cascade }) => (cascade ? [{ subject, ...cascade }] : []));
      if (!first) continue;
      run.tally.find(
        fkCascadeCrosses,
        {
          object: child.name,
          message: `${run.noun} ${first.owner} can delete or change a row of ${run.noun} ${first.subject} that points at its own in ${parent.name} through ${pairs.map(({ column }) => column).join(', ')}, as by: ${first.statement}`,
          ...compositeKey(run, reference),
          evidence: { role: run.session.appRole, constraint: conname, crossings },
        },
        conname,
      );
    }
  },
};
