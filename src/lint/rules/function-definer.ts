import { functionDefiner as rule } from '../../domain/rules/function-definer.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import {
  asksForSecret,
  isDefiner,
  readsStatistics,
  relationsNamedBy,
  unpolicedReads,
} from '../../access/definer-body.ts';
import type { LintInput, Modelled } from '../input.ts';
import { holdsTenants } from '../exposure.ts';
import { codeOf } from '../reads.ts';
import { unaskedStatements } from '../unasked.ts';
import type { LintRule, Observed } from '../rule.ts';
import { asksWhose } from '../../access/setting-readers.ts';
import { isCalled, mentions } from '../../sql/mentions.ts';
import { readFunctionBody } from '../../sql/function-body.ts';
import { readsOnlyShared } from '../view-filter.ts';
import { isWalled } from '../walls.ts';
import { listed, objectOf } from '../wording.ts';

export const functionDefiner: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create function app.note_body(uuid) returns text language sql stable security definer
  set search_path = pg_catalog, pg_temp as 'select body from app.notes where id = $1';`,
    },
    {
      bad: `create function app.clear_notes() returns void language plpgsql security definer
  set search_path = app, pg_temp as $$
begin
  execute 'delete from notes where body = ''''';
end $$;`,
    },
    {
      bad: `create function app.add_note(uuid, uuid) returns void language sql security definer
  set search_path = pg_catalog, pg_temp as 'insert into app.notes values ($1, $2)';`,
    },
    {
      bad: `create function app.sign_in(project text) returns void language plpgsql security definer
  set search_path = app, pg_temp as $$
begin
  perform set_config('app.current_tenant', tenant_id::text, true) from projects where title = project;
end $$;`,
    },
    {
      bad: `create function app.common_values() returns setof text language sql stable security definer
  set search_path = pg_catalog, pg_temp as 'select most_common_vals::text from pg_stats';`,
    },
    {
      bad: `create function app.picture(oid) returns bytea language sql stable security definer
  set search_path = pg_catalog, pg_temp as 'select lo_get($1)';`,
    },
    {
      bad: `create function app.page(name text) returns bytea language sql stable security definer
  set search_path = pg_catalog, pg_temp as 'select pg_read_binary_file(name)';`,
    },
    {
      bad: `create function app.report(query text) returns void language plpgsql security definer as $$
begin
  execute query;
end $$;`,
    },
    {
      bad: `create function app.longest() returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.notes (id, tenant_id) values (gen_random_uuid(), app.current_tenant());
  return (select max(length(body)) from app.notes);
end $$;`,
    },
    {
      bad: `create function app.drop_note(note uuid) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  me uuid := app.current_tenant();
begin
  if me is null or app.current_tenant() is null then
    raise exception 'no tenant';
  end if;
  delete from app.notes where id = note;
end $$;`,
    },
  ],
  *check(input) {
    const { role, access, snapshot } = input;
    if (access.closure.exempt) return;
    const policed = new Set(snapshot.policies.flatMap(({ callsFunctions }) => callsFunctions));
    const common = new Map(input.commonTables.map((table) => [table.relation.oid, table]));
    for (const routine of access.functions) {
      if (!isDefiner(routine)) continue;
      const { setting } = input.model.context;
      if (asksWhose(snapshot, setting, routine)) {
        yield* inPart(input, common, routine);
        continue;
      }
      const given = runsWhatItIsGiven(routine);
      const tables =
        given && [...common.values()].some(isOpenTo(input, routine))
          ? ['whatever it is given']
          : [...openTables(input, common, routine), ...unpolicedReads(routine)];
      if (tables.length === 0) continue;
      // A helper of policies is asked about the caller, and tells yes or no.
      const isHelper = routine.rettype === 'boolean' && policed.has(routine.oid);
      yield {
        object: routine.signature,
        message: `${role} may call it, and it uses ${listed(tables)} as ${routine.proowner}, whom policies do not keep to a tenant, without asking for the context`,
        fix: `alter routine ${routine.signature} security invoker;`,
        ...((isHelper || asksForSecret(routine)) && { severity: 'info' as const }),
      };
    }
  },
};

/** One that asks for the context, and reads elsewhere what belongs to anybody. */
function* inPart(input: LintInput, common: ReadonlyMap<number, Modelled>, routine: Routine): Generator<Observed> {
  const tables = unaskedStatements(input.snapshot, input.model.context.setting, routine).flatMap((statement) =>
    openTables(input, common, { ...routine, prosrc: statement, dependsOn: [] }, true),
  );
  if (tables.length === 0) return;
  yield {
    object: routine.signature,
    severity: asksForSecret(routine) ? 'info' : 'warning',
    message: `${input.role} may call it, and as ${routine.proowner}, whom policies do not keep to a tenant, it reads ${listed([...new Set(tables)])} in a statement that does not ask for the context`,
    fix: `alter routine ${routine.signature} security invoker;`,
  };
}

function isOpenTo(input: LintInput, { proowner }: Routine): (table: Modelled) => boolean {
  return ({ relation }) => !isWalled(input, proowner, relation);
}

/** Whether it runs a statement that is an argument, as it is. */
function runsWhatItIsGiven(routine: Routine): boolean {
  const [, given = ''] = /\bexecute\s+([\w$]+)\s*(?:;|\binto\b|\busing\b)/i.exec(codeOf(routine)) ?? [];
  return (
    given !== '' &&
    routine.lanname === 'plpgsql' &&
    (given.startsWith('$') || routine.argnames.includes(given.toLowerCase()))
  );
}

function openTables(
  input: LintInput,
  common: ReadonlyMap<number, Modelled>,
  routine: Routine,
  readOnly = false,
): readonly string[] {
  const isOpen = isOpenTo(input, routine);
  // Statistics hold values of all rows, and are shown to whom no policy of the table binds.
  const statistics = readsStatistics(routine) && [...common.values()].some(isOpen) ? ['pg_catalog.pg_stats'] : [];
  const select = loneQuery(input, routine);
  const named = relationsNamedBy(input.snapshot, routine).flatMap(({ relation, onlyInserted }) => {
    const table = common.get(relation.oid);
    if (relation.relkind === 'm' && holdsTenants(input, relation)) return [objectOf(relation)];
    if (table === undefined || !isOpen(table) || (readOnly && onlyInserted)) return [];
    if (select !== null && readsOnlyShared(input, select, relation)) return [];
    // A new row that names no tenant has the default of the table.
    const { tenantColumn } = table.intent;
    const harmless = onlyInserted && tenantColumn !== null && !routine.prosrc.includes(tenantColumn);
    return harmless ? [] : [objectOf(relation)];
  });
  return [...named, ...statistics];
}

/** The one query that a function is, where it calls no other of the database. */
function loneQuery({ snapshot }: LintInput, routine: Routine): Readonly<Record<string, unknown>> | null {
  const body = readFunctionBody(routine);
  // A column may have the name of a function, which is then called where an argument list follows.
  const columns = new Set(
    relationsNamedBy(snapshot, routine).flatMap(({ relation }) => relation.columns.map(({ attname }) => attname)),
  );
  const calls = snapshot.functions.some(
    ({ proname }) => mentions(routine.prosrc, proname) && (!columns.has(proname) || isCalled(routine.prosrc, proname)),
  );
  return calls || body === null || !('select' in body) ? null : body.select;
}
