import { mayUse } from '../../access/matrix.ts';
import { closureOf } from '../../access/role-closure.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { relationsByOid } from '../../catalog/lookup.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf, quoted } from '../wording.ts';

const events = { '2': 'update', '3': 'insert', '4': 'delete' } as const;

export const ruleRunsAsOwner: LintRule = {
  id: 'rule-runs-as-owner',
  severity: 'error',
  summary: 'A rewrite rule reaches a tenant table as an owner whom row-level security does not bind.',
  help: "What a rule does, it does with the rights of its table's owner: the policies of the tables that it reaches are those for the owner. Drop it; a trigger runs as whoever writes.",
  examples: [
    {
      bad: `create table app.requests (note_id uuid, body text);
grant insert on app.requests to app_user;
create rule apply as on insert to app.requests do also update app.notes set body = new.body where id = new.note_id;`,
      model: 'tables: { app.requests: { tenancy: none } }',
    },
  ],
  *check({ snapshot, access, commonTables, role }) {
    const owned = new Map(commonTables.map(({ relation }) => [relation.oid, relation]));
    for (const { rulename, ev_class, ev_type, ev_enabled, dependsOn } of snapshot.rules) {
      const own = access.relations.get(ev_class);
      const relation = relationsByOid(snapshot).get(ev_class);
      const event = events[ev_type as keyof typeof events] as (typeof events)[keyof typeof events] | undefined;
      if (!own || !relation || !event || ev_enabled === 'D' || !mayUse(own, event)) continue;
      const owner = closureOf(snapshot, relation.relowner);
      const reached = dependsOn.flatMap((oid) => owned.get(oid) ?? []);
      const open = reached.filter((target) => target.oid !== ev_class && rowSecurityOf(owner, target) !== 'bound');
      if (open.length === 0) continue;
      yield {
        object: `${objectOf(relation)}.${formatIdent(rulename)}`,
        message: `when ${role} writes to the table, it reaches ${listed(open.map(objectOf))} as ${relation.relowner}, whom no policy binds`,
        fix: `drop rule ${quoteIdent(rulename)} on ${quoted(relation)};`,
      };
    }
  },
};
