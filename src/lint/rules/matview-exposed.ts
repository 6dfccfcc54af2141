import { matviewExposed as rule } from '../../domain/rules/matview-exposed.ts';
import { granteesOf } from '../../access/acl.ts';
import { mayUse } from '../../access/matrix.ts';
import { exposuresOf, holdsTenants } from '../exposure.ts';
import type { LintInput } from '../input.ts';
import type { LintRule } from '../rule.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { listed, objectOf, quoted, quotedGrantee } from '../wording.ts';

export const matviewExposed: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create materialized view app.note_counts as select tenant_id, count(*) from app.notes group by tenant_id;
grant select on app.note_counts to app_user;`,
    },
  ],
  *check(input) {
    const { snapshot, role, access } = input;
    if (access.closure.exempt) return;
    const ways = waysIn(input);
    for (const relation of snapshot.relations.filter(({ relkind }) => relkind === 'm')) {
      const own = access.relations.get(relation.oid);
      const direct = own !== undefined && mayUse(own, 'select');
      const views = ways.get(relation.oid) ?? [];
      if ((!direct && views.length === 0) || !holdsTenants(input, relation)) continue;
      const tables = exposuresOf(input, relation).map((exposure) => objectOf(exposure.relation));
      const through = direct ? '' : ` through ${listed(views.map(objectOf))}`;
      yield {
        object: objectOf(relation),
        message: `${role} may read it${through}, and it holds what it was filled with from ${listed(tables)}`,
        ...(direct && { fix: revoked(input, relation) }),
      };
    }
  },
};

/** The views through which the app role reads a materialized view without a filter. */
function waysIn(input: LintInput): ReadonlyMap<number, readonly Relation[]> {
  const ways = new Map<number, readonly Relation[]>();
  for (const own of input.access.relations.values()) {
    if (own.relation.relkind !== 'v' || !mayUse(own, 'select')) continue;
    for (const { relation, filter } of exposuresOf(input, own.relation)) {
      if (relation.relkind !== 'm' || filter === 'tied') continue;
      ways.set(relation.oid, [...(ways.get(relation.oid) ?? []), own.relation]);
    }
  }
  return ways;
}

function revoked({ access }: LintInput, { relacl, ...relation }: Relation): string {
  const grantees = granteesOf(relacl, access.closure.has, 'SELECT');
  return `revoke select on ${quoted({ relacl, ...relation })} from ${grantees.map(quotedGrantee).join(', ')};`;
}
