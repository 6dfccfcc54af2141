import { mayUse } from '../../access/matrix.ts';
import type { Relation, Routine } from '../../catalog/snapshot.ts';
import { primaryKeyOf } from '../../catalog/lookup.ts';
import { formatIdent } from '../../sql/ident.ts';
import { mentions } from '../../sql/mentions.ts';
import type { LintInput } from '../input.ts';
import { codeOf, relationsNamed, routinesByOid, triggersByTable } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const triggerCopiesOut: LintRule = {
  id: 'trigger-copies-out',
  severity: 'error',
  summary: "A trigger copies tenants' rows to where every tenant may read them.",
  help: 'An audit or roll-up table holds what the tenants wrote, and no policy keeps them apart there. Give it a tenant column, row-level security and a policy, and a place in the model; or take SELECT from the application. Every session may LISTEN to a channel: send ids alone, and let the listener read the row.',
  examples: [
    {
      bad: `create table app.audit (at timestamptz not null default now(), entry jsonb not null);
grant select on app.audit to app_user;
create function app.audit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.audit (entry) values (to_jsonb(new));
  return new;
end $$;
create trigger audit after insert or update on app.notes for each row execute function app.audit();`,
    },
    {
      bad: `create function app.tell() returns trigger language plpgsql as $$
begin
  perform pg_notify('notes', row_to_json(new)::text);
  return null;
end $$;
create trigger tell after insert on app.notes for each row execute function app.tell();`,
      good: 'drop trigger tell on app.notes;',
    },
    {
      bad: `create table app.log (body text);
grant select on app.log to app_user;
create function app.copy() returns trigger language plpgsql security definer set search_path = app, pg_temp as $$
begin
  execute format('insert into %I values ($1)', 'log') using new.body;
  return new;
end $$;
create trigger copy after insert on app.notes for each row execute function app.copy();`,
      good: 'revoke select on app.log from app_user;',
    },
  ],
  *check(input) {
    const { snapshot, role } = input;
    for (const { relation } of input.commonTables) {
      for (const { tgname, tgenabled, tgfoid, isOfParent } of triggersByTable(snapshot).get(relation.oid) ?? []) {
        const routine = routinesByOid(snapshot).get(tgfoid);
        if (routine === undefined || tgenabled === 'D' || isOfParent) continue;
        if (notifies(routine, relation, input))
          yield {
            object: `${objectOf(relation)}.${formatIdent(tgname)}`,
            aspect: 'notify',
            severity: 'warning',
            message: 'it sends what rows hold over a channel, to which every session may listen',
          };
        const open = targetsOf(input, routine).filter((target) => isOpen(input, target));
        if (open.length === 0) continue;
        yield {
          object: `${objectOf(relation)}.${formatIdent(tgname)}`,
          message: `it writes into ${listed(open.map(objectOf))}, which ${role} may read without row-level security`,
          fix: open
            .map(
              (target) =>
                `alter table ${quoted(target)} enable row level security;\nalter table ${quoted(target)} force row level security;`,
            )
            .join('\n'),
        };
      }
    }
  },
};

/** The tables that a trigger's function puts the row into, as far as its text says. */
function targetsOf({ snapshot }: LintInput, routine: Routine): readonly Relation[] {
  const statements = codeOf(routine).split(';');
  return statements.flatMap((statement) => {
    const [, schema, name] =
      /\binsert\s+into\s+(?:"?([\w$]+)"?\s*\.\s*)?"?([\w$]+)"?/i.exec(statement) ??
      /\bupdate\s+(?:only\s+)?(?:"?([\w$]+)"?\s*\.\s*)?"?([\w$]+)"?[^;]*?\bset\b/i.exec(statement) ??
      [];
    if (!/\b(new|old)\b/i.test(statement)) return [];
    // A name that is put in by format() stands in a string of its own.
    const made = /\bexecute\b[^]*\b(?:insert\s+into|update)\b[^']*%/i.test(statement);
    const names = made ? [...statement.matchAll(/'([\w$]+)'/g)].map(([, one = '']) => one) : [];
    return [
      ...(name === undefined || made ? [] : [{ schema: schema ?? null, name }]),
      ...names.map((one) => ({ schema: null, name: one })),
    ].flatMap((table) => relationsNamed(snapshot, table));
  });
}

/** Whether a function sends more of a row than its keys, itself or in a variable. */
function notifies(routine: Routine, relation: Relation, { snapshot, modelled }: LintInput): boolean {
  const statements = codeOf(routine).split(';');
  const sent = statements.filter((statement) => /\bpg_notify\s*\(/i.test(statement)).join(';');
  if (sent === '') return false;
  const keys = new Set([...primaryKeyOf(snapshot, relation), modelled.get(relation.oid)?.intent.tenantColumn]);
  const tells = (text: string): boolean =>
    [...text.matchAll(/\b(?:new|old)\b(?:\s*\.\s*"?([\w$]+)"?)?/gi)].some(([, column]) => !keys.has(column));
  const kept = statements.flatMap((statement) => {
    const [, name = '', value = ''] = /\b([\w$]+)\s*:?=\s*([^]*)$/.exec(statement) ?? [];
    return tells(value) ? [name] : [];
  });
  return tells(sent) || kept.some((name) => mentions(sent, name));
}

/** Whether all tenants may read what is there; a tenant table without row-level security has a rule of its own. */
function isOpen({ access, modelled }: LintInput, target: Relation): boolean {
  const own = access.relations.get(target.oid);
  const tenancy = modelled.get(target.oid)?.intent.tenancy;
  if (own === undefined || tenancy === 'row' || tenancy === 'root' || tenancy === 'schema') return false;
  return own.rowSecurity === 'disabled' && mayUse(own, 'select');
}
