import { effectivePolicies } from '../../access/policies.ts';
import { closureOf, type RoleClosure } from '../../access/role-closure.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { reachedThrough } from '../../access/view-path.ts';
import { nameOf, readsOf } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../../catalog/snapshot.ts';
import { statementsOf } from '../../sql/function-body.ts';
import { formatQualified } from '../../sql/ident.ts';
import { nodesOf } from '../../sql/tree.ts';
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
      if (readsNothing(relation) || showsOnlyWhatIsJudged(run, relation)) {
        run.tally.check();
        continue;
      }
      // Whatever it holds of ours has to be accounted for all the same.
      if (run.unmanaged.has(relation.nspname) && readTenants(run, relation).length === 0) {
        run.tally.unmanaged(formatQualified(nameOf(relation)));
        continue;
      }
      run.tally.inconclusive(
        relationNotInModel.id,
        formatQualified(nameOf(relation)),
        `The model does not name this ${kinds[relation.relkind]}, and ${run.session.appRole} has ${reach.join(', ')} on it${readsSome(readTenants(run, relation))}.`,
      );
    }
    return Promise.resolve();
  },
};

/** A view of constants, or of what functions say that its reader may call, has no rows of anybody. */
function readsNothing({ relkind, definition, dependsOn }: Relation): boolean {
  if (relkind !== 'v' || dependsOn.length > 0) return false;
  // What it reads of pg_catalog, pg_depend does not record.
  const statements = statementsOf(definition ?? '');
  return (
    statements.length > 0 && statements.every(({ node }) => [...nodesOf(node)].every(({ tag }) => tag !== 'RangeVar'))
  );
}

/**
 * A view over relations of the model alone that reads them as whoever asks, or as a role that the same policies bind, shows
 * nothing that its reader could not read there, where every row is judged. Functions in it are judged as functions, and what is
 * written through it at the table, unless a trigger does that with the rights of another.
 */
function showsOnlyWhatIsJudged({ snapshot, session, targets }: ProbeRun, view: Relation): boolean {
  if (
    snapshot.triggers.some(
      ({ tgrelid, prosecdef, tgenabled }) => tgrelid === view.oid && prosecdef && tgenabled !== 'D',
    )
  ) {
    return false;
  }
  const reader = closureOf(snapshot, session.appRole);
  const judged = new Set(targets.map(({ relation: { oid } }) => oid));
  const reached = reachedThrough(snapshot, reader, view);
  return (
    reached.length > 0 &&
    reached.every(({ relation, as }) => judged.has(relation.oid) && seesTheSame(snapshot, reader, as, relation))
  );
}

function seesTheSame(snapshot: CatalogSnapshot, reader: RoleClosure, as: string, relation: Relation): boolean {
  if (as === reader.role.rolname) return true;
  const other = closureOf(snapshot, as);
  const names = (closure: RoleClosure): string => {
    const { permissive, restrictive } = effectivePolicies(snapshot, closure, relation, 'select');
    return JSON.stringify([...permissive, ...restrictive].map(({ polname }) => polname));
  };
  return rowSecurityOf(other, relation) === 'bound' && names(reader) === names(other);
}

/** The relations of the model that a view reads. */
function readTenants({ snapshot, targets }: ProbeRun, relation: Relation): readonly string[] {
  const reads = readsOf(snapshot, relation);
  return targets.filter(({ relation: { oid } }) => reads.has(oid)).map(({ name }) => name);
}

function readsSome(names: readonly string[]): string {
  return names.length > 0 ? `; it reads ${names.join(', ')}` : '';
}
