import { accessMatrix, isReachable, mayUse, type AccessMatrix, type RelationAccess } from '../access/matrix.ts';
import { commands } from '../access/policies.ts';
import { findRelation, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import { formatQualified } from '../sql/ident.ts';
import type { Claim } from './claim.ts';
import { ClaimMaker, Judge, type Asked } from './claim-maker.ts';
import { hidesClaims, refusesClaims } from './own-claims.ts';
import type { Reader } from './scope.ts';
import { tableTarget } from './target.ts';
import { newRow, type Row } from './term.ts';
import { Translator } from './translate.ts';
import { claimsOfOtherViews, claimsOfView } from './view-claims.ts';
import { writeClaims } from './write-claims.ts';

/** Everything that must not be possible for an app role. */
export function claimsOf(snapshot: CatalogSnapshot, intent: Intent, role: string): readonly Claim[] {
  const access = accessMatrix(snapshot, role);
  const reader = new Translator(snapshot);
  const schemas = tenantSchemas(intent, access);
  const claims = intent.relations.flatMap((one) => {
    const { schema, name } = one;
    const relation = findRelation(snapshot, one);
    const accessed = relation && access.relations.get(relation.oid);
    // It was locked while the catalog was read.
    if (accessed === undefined)
      return [new ClaimMaker({ schema, name }, role).notUnderstood('select', 'it could not be read')];
    if (one.kind === 'view') return claimsOfView(reader, intent, one, accessed, role);
    // A role for each tenant is kept by its privileges: what its sessions say does not matter.
    if (one.tenancy === 'schema' && accessed.rowSecurity !== 'bound' && schemas.size <= 1)
      return commands.map((command) => new ClaimMaker({ schema, name }, role).closed(command));
    return claimsOfTable(reader, one, accessed, role);
  });
  return [...claims, ...claimsOfOtherViews(reader, intent, access.relations.values(), role)];
}

/** The schemas of tenants of which the role reaches a table that no policy keeps from it. */
function tenantSchemas({ relations }: Intent, access: AccessMatrix): ReadonlySet<string> {
  const owned = new Set(relations.flatMap((one) => (one.tenancy === 'schema' ? [formatQualified(one)] : [])));
  const reached = [...access.relations.values()].filter(
    (one) => owned.has(formatQualified(nameOf(one.relation))) && one.rowSecurity !== 'bound' && isReachable(one),
  );
  return new Set(reached.map(({ relation }) => relation.nspname));
}

function claimsOfTable(reader: Reader, intent: RelationIntent, access: RelationAccess, role: string): readonly Claim[] {
  const { schema, name } = intent;
  const maker = new ClaimMaker({ schema, name }, role);
  const judge = new Judge(reader, intent);
  const target = tableTarget(reader, access, role);
  const seen = (row: Row): Asked => ({
    rows: [{ row, stored: true }],
    demands: [
      { term: judge.foreign(row), demand: 'true' },
      { term: target.passes('select', 'using', row), demand: 'true' },
    ],
    row,
    foreign: judge.foreign(row),
  });
  return commands.flatMap((command) => {
    if (command !== 'select') {
      const written = writeClaims(reader, maker, judge, target, command);
      return mayUse(access, command) ? [...written, ...refusesClaims(maker, judge, target, command)] : written;
    }
    if (!mayUse(access, 'select')) return [maker.closed('select')];
    const row = newRow(access.relation);
    return [...maker.both('select', 'sees', seen(row)), ...hidesClaims(reader, maker, judge, target, access)];
  });
}
