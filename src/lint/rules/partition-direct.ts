import { mayUse } from '../../access/matrix.ts';
import { commands, policiesOf } from '../../access/policies.ts';
import { partitionDirect as rule } from '../../domain/rules/partition-direct.ts';
import { isPartOf } from '../parts.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const partitionDirect: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create table app.events (id uuid, tenant_id uuid not null references app.tenants) partition by hash (id);
create table app.events_0 partition of app.events for values with (modulus 1, remainder 0);
alter table app.events enable row level security;
alter table app.events force row level security;
create policy own on app.events using (tenant_id = (select app.current_tenant()));
grant select on app.events, app.events_0 to app_user;`,
      model: `tables: { app.events: { tenancy: row, column: tenant_id } }`,
    },
    {
      bad: `create table app.old_notes () inherits (app.notes);
grant select, delete on app.old_notes to app_user;`,
    },
    {
      bad: `create table app.new_notes () inherits (app.notes);
create role app_group;
grant usage on schema app to app_group;
grant select on app.new_notes to app_group;
grant app_group to app_user with inherit false;`,
      since: 16,
    },
  ],
  *check({ snapshot, commonTables, modelled, role }) {
    for (const { relation, access } of commonTables) {
      if (!isPartOf(modelled, relation) || relation.relrowsecurity || policiesOf(snapshot, relation).length > 0)
        continue;
      const used = commands.filter((command) => mayUse(access, command));
      if (used.length === 0) continue;
      yield {
        object: objectOf(relation),
        message: `${role} may ${listed(used.map((command) => command.toUpperCase()))} in it directly, where the policies of the whole table do not apply`,
        fix: `alter table ${quoted(relation)} enable row level security;\nalter table ${quoted(relation)} force row level security;`,
      };
    }
  },
};
