import { parseAclItem } from '../../access/acl.ts';
import { mayUse, type RelationAccess } from '../../access/matrix.ts';
import type { Command } from '../../access/policies.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import { viewDefinerWritable as rule } from '../../domain/rules/view-definer-writable.ts';
import { relationsNamedBy } from '../../access/definer-body.ts';
import { asksWhose } from '../../access/setting-readers.ts';
import type { LintInput } from '../input.ts';
import { routinesByOid, triggersByTable } from '../reads.ts';
import { isWalled } from '../walls.ts';
import type { LintRule, Observed } from '../rule.ts';
import { listed, objectOf, quoted, quotedGrantee } from '../wording.ts';
import { writesAnyTenant, writtenThrough } from '../write-through.ts';

/** Of `pg_trigger.tgtype`. */
const bits = { insert: 4, update: 16, delete: 8 } as const;
const writes = ['insert', 'update', 'delete'] as const satisfies readonly Command[];

export const viewDefinerWritable: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create view app.all_notes as select id, tenant_id, body from app.notes;
grant delete, update (body) on app.all_notes to app_user;`,
    },
    {
      bad: `create view app.own_notes with (security_barrier = true) as
  select id, tenant_id, body from app.notes where tenant_id = app.current_tenant();
grant select, insert on app.own_notes to app_user;`,
    },
    {
      bad: `create view app.titles with (security_invoker = true) as select id, title from app.projects;
create function app.retitle() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update app.projects set title = new.title where id = new.id;
  return new;
end $$;
create trigger retitle instead of update on app.titles for each row execute function app.retitle();
grant select, update on app.titles to app_user;`,
      since: 15,
    },
  ],
  *check(input) {
    const { role, access } = input;
    if (access.closure.exempt) return;
    const common = new Set(input.commonTables.map(({ relation }) => relation.oid));
    for (const own of access.relations.values()) {
      if (own.relation.relkind !== 'v' || !writes.some((command) => mayUse(own, command))) continue;
      yield* insteadOf(input, own);
      const written = writtenThrough(input, own.relation);
      // What the app role writes as itself is judged at the table.
      if (written === undefined || written.as === role || !common.has(written.table.oid)) continue;
      const open = writes.filter((command) => writesAnyTenant(input, own, written, command));
      if (open.length === 0) continue;
      yield {
        object: objectOf(own.relation),
        message: `through it ${role} may ${listed(open.map((command) => command.toUpperCase()))} rows of any tenant in ${objectOf(written.table)}, as ${written.as}`,
        fix: revoked(own, access.closure.has),
      };
    }
  },
};

/** Triggers that write in the place of the view, with their owner's rights and without asking whose the row is. */
function* insteadOf(input: LintInput, own: RelationAccess): Generator<Observed> {
  const { snapshot, model, role, commonTables } = input;
  const common = new Set(commonTables.map(({ relation }) => relation));
  for (const { tgname, tgtype, tgenabled, tgfoid } of triggersByTable(snapshot).get(own.relation.oid) ?? []) {
    const routine = routinesByOid(snapshot).get(tgfoid);
    const events = writes.filter((command) => (tgtype & bits[command]) !== 0 && mayUse(own, command));
    if (routine?.prosecdef !== true || tgenabled === 'D' || events.length === 0) continue;
    if (asksWhose(snapshot, model.context.setting, routine)) continue;
    const open = relationsNamedBy(snapshot, routine)
      .map(({ relation }) => relation)
      .filter((relation) => common.has(relation) && !isWalled(input, routine.proowner, relation));
    if (open.length === 0) continue;
    yield {
      object: objectOf(own.relation),
      aspect: tgname,
      message: `${role} may ${listed(events.map((command) => command.toUpperCase()))} it, and the trigger ${formatIdent(tgname)} then uses ${listed(open.map(objectOf))} as ${routine.proowner}, whom policies do not keep to a tenant, without asking for the context`,
      fix: `alter routine ${routine.signature} security invoker;`,
    };
  }
}

function revoked({ relation }: RelationAccess, roles: ReadonlySet<string>): string {
  const view = quoted(relation);
  const whole = relation.relacl
    .map(parseAclItem)
    .filter(({ grantee, privileges }) => roles.has(grantee) && privileges.some((one) => one !== 'SELECT'))
    .map(({ grantee }) => `revoke insert, update, delete on ${view} from ${quotedGrantee(grantee)};`);
  const single = relation.columns.flatMap(({ attname, attacl }) =>
    attacl
      .map(parseAclItem)
      .filter(({ grantee }) => roles.has(grantee))
      .map(
        ({ grantee }) =>
          `revoke insert (${quoteIdent(attname)}), update (${quoteIdent(attname)}) on ${view} from ${quotedGrantee(grantee)};`,
      ),
  );
  return [...whole, ...single].join('\n');
}
