import type { Probe } from '../probe.ts';
import { compositeKey } from '../write/composite-key.ts';

/** Deleting a row of one's own, or giving it another key, may change or delete no row of others. */
export const fkCascadeCrosses: Probe = {
  id: 'fk-cascade-crosses',
  severity: 'error',
  summary: "A tenant's DELETE, or UPDATE of a key, changes or deletes another tenant's rows through a foreign key.",
  help:
    'What a foreign key does to the rows that point at a deleted or changed one, it does without any policy. ' +
    'Put the tenant into the key on both sides; find and repair the rows that cross already before.',
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
