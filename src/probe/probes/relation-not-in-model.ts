import { nameOf, readsOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { formatQualified } from '../../sql/ident.ts';
import { reachOf } from '../privileges.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';

const kinds = { r: 'table', p: 'partitioned table', v: 'view', m: 'materialized view', f: 'foreign table' } as const;

/** What the app role can reach and the model does not name is never passed over in silence. */
export const relationNotInModel: Probe = {
  id: 'relation-not-in-model',
  severity: 'warning',
  summary: 'The app role can reach a relation of which the model says nothing.',
  help: 'Nobody has said whose rows these are, so that nothing can be verified. Name the relation in the model, or revoke the privileges.',
  writes: false,
  run(run) {
    for (const relation of run.unmodelled) {
      const privileges = run.privileges.get(relation.oid);
      const reach = privileges ? reachOf(privileges) : [];
      if (reach.length === 0) continue;
      run.tally.inconclusive(
        relationNotInModel.id,
        formatQualified(nameOf(relation)),
        `The model does not name this ${kinds[relation.relkind]}, and ${run.session.appRole} has ${reach.join(', ')} on it${readsTenants(run, relation)}.`,
      );
    }
    return Promise.resolve();
  },
};

function readsTenants(run: ProbeRun, relation: Relation): string {
  const reads = readsOf(run.snapshot, relation);
  const names = run.targets.filter(({ relation: { oid } }) => reads.has(oid)).map(({ name }) => name);
  return names.length > 0 ? `; it reads ${names.join(', ')}` : '';
}
