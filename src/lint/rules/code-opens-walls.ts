import { isDefiner } from '../../access/definer-body.ts';
import type { Relation, Routine } from '../../catalog/snapshot.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintInput } from '../input.ts';
import { activeEventTriggers, openedBy, protectsNewTables } from '../opened-walls.ts';
import { routinesByOid, triggersByTable } from '../reads.ts';
import type { LintRule, Observed } from '../rule.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const codeOpensWalls: LintRule = {
  id: 'code-opens-walls',
  severity: 'warning',
  summary: 'Code in the database disables row-level security, drops policies or grants tables when it runs.',
  help: "An event trigger runs with every DDL, a trigger with every write, and a function with its owner's rights for whoever calls it: the walls are as they should be until then. Drop it, or take those statements out of it.",
  examples: [
    {
      bad: `create function app.open_new() returns event_trigger language plpgsql as $$
declare made record;
begin
  for made in select * from pg_event_trigger_ddl_commands() where object_type = 'table' loop
    execute format('alter table %s disable row level security', made.object_identity);
  end loop;
end $$;
create event trigger open_new on ddl_command_end when tag in ('CREATE TABLE') execute function app.open_new();`,
    },
    {
      bad: `create function app.grant_new() returns event_trigger language plpgsql as $$
begin
  grant select, insert on all tables in schema app to app_user;
end $$;
create event trigger grant_new on ddl_command_end execute function app.grant_new();`,
    },
    {
      bad: `create function app.share_new() returns event_trigger language plpgsql as $$
declare made record;
begin
  for made in select * from pg_event_trigger_ddl_commands() where object_type = 'table' loop
    execute 'alter table ' || made.object_identity || ' enable row level security';
    execute 'create policy everybody on ' || made.object_identity || ' using (true)';
    execute 'alter table ' || made.object_identity || ' owner to app_user';
  end loop;
end $$;
create event trigger share_new on ddl_command_end when tag in ('CREATE TABLE') execute function app.share_new();`,
    },
    {
      bad: `create function app.maintenance(name text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  execute format('alter table app.%I disable row level security', name);
end $$;`,
    },
  ],
  *check(input) {
    if (input.access.closure.exempt) return;
    yield* byEvents(input);
    yield* byWrites(input);
    yield* byCalls(input);
  },
};

function* byEvents(input: LintInput): Generator<Observed> {
  for (const { trigger, routine } of activeEventTriggers(input.snapshot)) {
    const opened = openedBy(input, routine);
    if (opened.length === 0) continue;
    const { evtname, evttags, evtevent } = trigger;
    const isHeld = opened.join() === 'grants tables' && protectsNewTables(input.snapshot);
    yield {
      object: routine.signature,
      aspect: evtname,
      message: `the event trigger ${formatIdent(evtname)} runs it at ${evttags.length > 0 ? listed(evttags) : evtevent}, and it ${listed(opened)}${toWhom(input, opened)}`,
      ...(isHeld && { severity: 'info' as const }),
      fix: `drop event trigger ${quoteIdent(evtname)};`,
    };
  }
}

/** Those of the application's writes: with the rights of their owner. */
function* byWrites(input: LintInput): Generator<Observed> {
  for (const { relation } of input.modelled.values()) {
    for (const { tgname, tgenabled, tgfoid, isOfParent } of triggersByTable(input.snapshot).get(relation.oid) ?? []) {
      const routine = routinesByOid(input.snapshot).get(tgfoid);
      const opened = routine?.prosecdef === true && tgenabled !== 'D' && !isOfParent ? openedBy(input, routine) : [];
      if (opened.length > 0) yield fired(input, relation, tgname, opened);
    }
  }
}

function fired(input: LintInput, relation: Relation, tgname: string, opened: readonly string[]): Observed {
  return {
    object: `${objectOf(relation)}.${formatIdent(tgname)}`,
    message: `when a row is written, it ${listed(opened)}${toWhom(input, opened)}`,
    fix: `drop trigger ${quoteIdent(tgname)} on ${quoted(relation)};`,
  };
}

function* byCalls(input: LintInput): Generator<Observed> {
  for (const routine of input.access.functions) {
    const opened = isDefiner(routine) ? openedBy(input, routine) : [];
    if (opened.length > 0) yield called(input, routine, opened);
  }
}

function called(input: LintInput, routine: Routine, opened: readonly string[]): Observed {
  return {
    object: routine.signature,
    message: `${input.role} may call it, and as ${routine.proowner} it ${listed(opened)}${toWhom(input, opened)}`,
    fix: `alter routine ${routine.signature} security invoker;`,
  };
}

function toWhom({ role }: LintInput, opened: readonly string[]): string {
  return opened.at(-1) === 'grants tables' ? ` to ${role}` : '';
}
