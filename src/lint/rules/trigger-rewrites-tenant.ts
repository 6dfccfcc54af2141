import { relationsNamedBy } from '../../access/definer-body.ts';
import { asksWhose } from '../../access/setting-readers.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import { foreignKeysOf, primaryKeyOf } from '../../catalog/lookup.ts';
import type { Relation, Routine } from '../../catalog/snapshot.ts';
import type { LintInput } from '../input.ts';
import { codeOf, routinesByOid, triggersByTable } from '../reads.ts';
import type { LintRule, Observed } from '../rule.ts';
import { valueWithout } from '../scope.ts';
import { partsOf, readExpression, type Expression } from '../scope/expression.ts';
import { columnsNamed, mentionsSetting } from '../scope/mentions.ts';
import { ownershipOf, type Ownership } from '../scope/ownership.ts';
import { isWalled } from '../walls.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const triggerRewritesTenant: LintRule = {
  id: 'trigger-rewrites-tenant',
  severity: 'warning',
  summary: 'A trigger writes the tenant of a row, the context of the session, or what it reads of all tenants.',
  help: 'A WITH CHECK refuses such a row, unless it admits shared rows or the writer is not bound; and a context that a trigger sets holds for the policies of all that follows. Drop the trigger, or let it take the context alone.',
  examples: [
    {
      bad: `create function app.to_platform() returns trigger language plpgsql as $$
begin
  new.tenant_id := '00000000-0000-0000-0000-000000000001';
  return new;
end $$;
create trigger to_platform before insert on app.notes for each row execute function app.to_platform();`,
    },
    {
      bad: `create function app.switch() returns trigger language plpgsql as $$
begin
  perform set_config('app.current_tenant', new.tenant_id::text, true);
  return new;
end $$;
create trigger switch before insert on app.notes for each row execute function app.switch();`,
    },
    {
      bad: `create function app.number() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  new.body := (select count(*) from app.notes as current_tenant)::text;
  return new;
end $$;
create trigger number before insert on app.notes for each row execute function app.number();`,
    },
    {
      bad: `create function app.suggest() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.title = '' then
    select body into new.title from app.notes where length(body) > length(new.title) limit 1;
  end if;
  return new;
end $$;
create trigger suggest before insert on app.projects for each row execute function app.suggest();`,
    },
    {
      bad: `alter table app.notes add column country text references app.countries;
create function app.repeat() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  select body into new.body from app.notes where country = new.country limit 1;
  return new;
end $$;
create trigger repeat before insert on app.notes for each row execute function app.repeat();`,
    },
    {
      bad: `create table app.events (tenant_id uuid not null references app.tenants, at date not null) partition by range (at);
create table app.events_2025 partition of app.events for values from ('2025-01-01') to ('2026-01-01');
create function app.switch() returns trigger language plpgsql as $$
begin
  perform set_config('app.current_tenant', new.tenant_id::text, true);
  return new;
end $$;
create trigger switch before insert on app.events_2025 for each row execute function app.switch();`,
      model: `tables: { app.events: { tenancy: row, column: tenant_id } }`,
    },
  ],
  *check(input) {
    const { snapshot, model } = input;
    for (const { relation } of input.commonTables) {
      const ownership = ownershipOf(snapshot, model, relation);
      if (ownership === undefined) continue;
      for (const { tgname, tgtype, tgenabled, tgfoid, isOfParent } of triggersByTable(snapshot).get(relation.oid) ??
        []) {
        const routine = routinesByOid(snapshot).get(tgfoid);
        if (routine === undefined || tgenabled === 'D' || isOfParent) continue;
        const found =
          setsContext(input, routine) ??
          ((tgtype & 3) === 3
            ? (writesTenant(input, relation, ownership, routine) ?? fillsIn(input, relation, routine))
            : null);
        if (!found) continue;
        yield {
          object: `${objectOf(relation)}.${formatIdent(tgname)}`,
          ...found,
          fix: `drop trigger ${quoteIdent(tgname)} on ${quoted(relation)};`,
        };
      }
    }
  },
};

type Found = Pick<Observed, 'message' | 'severity'>;

function setsContext({ model: { context } }: LintInput, routine: Routine): Found | null {
  const setting = context.setting.replace(/[.$]/g, '\\$&');
  const sets = new RegExp(
    `set_config\\s*\\(\\s*'${setting}'|\\bset\\s+(?:local\\s+|session\\s+)?${setting}\\s*(?:=|to\\b)`,
    'i',
  );
  if (!sets.test(codeOf(routine))) return null;
  return { severity: 'error', message: `its function ${routine.signature} sets ${context.setting}` };
}

function writesTenant(input: LintInput, relation: Relation, ownership: Ownership, routine: Routine): Found | null {
  const { column } = ownership;
  if (column === null || routine.lanname !== 'plpgsql') return null;
  const name = column.replace(/[$]/g, '\\$&');
  const written = codeOf(routine).matchAll(new RegExp(`\\bnew\\s*\\.\\s*"?${name}"?\\s*:?=\\s*([^;]+);`, 'gi'));
  for (const [, text] of written) {
    const value = text === undefined ? null : readExpression(text);
    if (value === null || !isOther(input, relation, ownership, value)) continue;
    return {
      message: `its function ${routine.signature} writes another ${column} into the row: ${text?.trim() ?? ''}`,
    };
  }
  return null;
}

/** What a function of an exempt owner reads of all tenants, it puts into the row, where the tenant reads it. */
function fillsIn(input: LintInput, relation: Relation, routine: Routine): Found | null {
  if (!routine.prosecdef || asksWhose(input.snapshot, input.model.context.setting, routine)) return null;
  const code = codeOf(routine);
  const read = code.replace(/\bnew\s*\.\s*"?[\w$]+"?\s*:?=|\binto\s+new\s*\.\s*"?[\w$]+"?/gi, ' ');
  if (read === code) return null;
  const common = new Set(input.commonTables.map(({ relation }) => relation));
  const open = relationsNamedBy(input.snapshot, routine).filter(
    ({ relation: named, onlyInserted }) =>
      common.has(named) &&
      !onlyInserted &&
      !isWalled(input, routine.proowner, named) &&
      !isLookedUp(input, relation, named, read),
  );
  if (open.length === 0) return null;
  const tables = listed(open.map(({ relation }) => objectOf(relation)));
  return {
    message: `its function ${routine.signature} puts into the row what it reads of ${tables} as ${routine.proowner}, whom policies do not keep to a tenant`,
  };
}

/**
 * Whether it looks a table up by the row as a whole, or by a key: what it finds is the row's parent, a child of it, or, where
 * nobody shares the parent, another child of the same. Of whose these are, the foreign keys tell.
 */
function isLookedUp(input: LintInput, relation: Relation, read: Relation, code: string): boolean {
  const { snapshot, model, modelled } = input;
  const named = [...code.matchAll(/\b(?:new|old)\s*\.\s*(?:"?([\w$]+)"?)?/gi)].map(([, column]) => column);
  if (named.includes(undefined)) return true;
  const asks = (columns: readonly string[]): boolean =>
    columns.some((column) => named.some((one) => one === column || one?.toLowerCase() === column));
  const isOfOne = (oid: number | null): boolean => {
    const parent = oid === null ? undefined : modelled.get(oid)?.relation;
    return parent !== undefined && ownershipOf(snapshot, model, parent)?.table.share.length === 0;
  };
  const points = foreignKeysOf(snapshot, read).some(
    ({ confrelid, confcolumns }) => confrelid === relation.oid && asks(confcolumns),
  );
  return (
    points ||
    (read === relation && asks(primaryKeyOf(snapshot, relation))) ||
    foreignKeysOf(snapshot, relation).some(
      ({ confrelid, columns }) => asks(columns) && (confrelid === read.oid || isOfOne(confrelid)),
    )
  );
}

/**
 * A value that is neither the context nor the row's own tenant. One that is found by a query, a function or a variable may
 * be that of a parent.
 */
function isOther(input: LintInput, { columns }: Relation, ownership: Ownership, value: Expression): boolean {
  if (valueWithout(input, ownership, value).kind === 'text') return true;
  const named = columnsNamed(value);
  const own = new Set(columns.map(({ attname }) => attname));
  const plain = [...partsOf(value)].every(
    (part) => part.kind !== 'opaque' && (part.kind !== 'call' || part.schema === null),
  );
  return (
    plain &&
    named.size > 0 &&
    [...named].every((name) => own.has(name) && name !== ownership.column) &&
    !mentionsSetting(input.snapshot, input.model.context.setting, value)
  );
}
