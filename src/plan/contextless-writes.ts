import { descendantsOf, nameOf } from '../catalog/lookup.ts';
import type { Relation, Trigger } from '../catalog/snapshot.ts';
import { quoteLiteral, quoteQualified } from '../sql/ident.ts';
import { writtenName } from '../sql/written.ts';
import { contextUnset } from './context.ts';
import { once } from './memo.ts';
import { isBound, isFilled, isHeir, type Situation, type TenantTable } from './situation.ts';
import { replacing, triggerFunction, type Installation } from './trigger-function.ts';
import { countContextless, quiet } from './triggers.ts';

/** The tables that have counters of their own: one counts for what inherits from its table too. */
export function countedTables({ tables }: Situation): readonly TenantTable[] {
  return tables.filter((tenant) => !isHeir(tenant));
}

/** What counts the writes of sessions that say no tenant. Undefined where a table has it, or where its policies ask for the context already. */
export function neededCounter(situation: Situation, tenant: TenantTable): Installation | undefined {
  return countersOf(situation).get(tenant);
}

const countersOf = once((situation: Situation): ReadonlyMap<TenantTable, Installation> => {
  const needed = countedTables(situation).filter(
    (tenant) => isConverted(tenant) && counterTrigger(situation, tenant) === null,
  );
  return new Map(needed.map((tenant) => [tenant, counter(situation, tenant)]));
});

/** What an earlier plan has put in place. */
export function existingCounter(situation: Situation, tenant: TenantTable): Installation | undefined {
  const trigger = counterTrigger(situation, tenant);
  const routine = situation.snapshot.functions.find(({ oid }) => oid === trigger?.tgfoid);
  // The WHEN before it holds texts too.
  const sequence = /\('((?:[^']|'')*)'\)$/.exec(trigger?.definition ?? '')?.[1]?.replaceAll("''", "'");
  if (trigger === null || routine === undefined || sequence === undefined) return undefined;
  const triggers = situation.snapshot.triggers.filter(
    ({ tgname, tgfoid }) => tgname === countContextless && tgfoid === routine.oid,
  );
  const name = quoteQualified({ schema: routine.nspname, name: routine.proname });
  return {
    create: [
      `create sequence if not exists ${sequence}`,
      triggerFunction(name, routine.prosrc),
      ...triggers.map(({ definition }) => replacing(definition)),
    ],
    drop: dropped(writtenTo(situation, tenant), name, sequence),
  };
}

function isConverted(tenant: TenantTable): boolean {
  const { table, relation, column } = tenant;
  if (table.tenancy !== 'row' || column === null) return false;
  return isFilled(tenant) || isBound(tenant) || !relation.relrowsecurity;
}

function counterTrigger({ snapshot }: Situation, { relation }: TenantTable): Trigger | null {
  return (
    snapshot.triggers.find(({ tgrelid, tgname }) => tgrelid === relation.oid && tgname === countContextless) ?? null
  );
}

/** A table and its partitions: a trigger of a statement fires on the one that the statement names, and on no other. */
function writtenTo({ snapshot, tables }: Situation, { relation }: TenantTable): readonly string[] {
  const counts = (part: Relation): boolean => tables.every(({ named }) => named.oid !== part.oid);
  const parts = descendantsOf(snapshot, relation).filter((part) => counts(part));
  return [relation, ...parts].map((one) => writtenName(nameOf(one)));
}

function counter(situation: Situation, tenant: TenantTable): Installation {
  const { model, names } = situation;
  const { schema, name } = tenant.table.table;
  const tables = writtenTo(situation, tenant);
  const routine = writtenName({ schema, name: names.make(schema, [name], 'count_contextless') });
  const sequence = writtenName({ schema, name: names.make(schema, [name], 'contextless_writes') });
  const bypass = model.roles.bypass.map(quoteLiteral).join(', ');
  const counted = [
    contextUnset(model.context),
    quiet,
    ...(bypass === '' ? [] : [`current_user not in (${bypass})`]),
  ].join('\n    and ');
  return {
    create: [
      `create sequence if not exists ${sequence}`,
      triggerFunction(routine, body),
      ...tables.map(
        (table) => `create or replace trigger ${countContextless} after insert or update or delete on ${table}
  for each statement when (${counted})
  execute function ${routine}(${quoteLiteral(sequence)})`,
      ),
    ],
    drop: dropped(tables, routine, sequence),
  };
}

/** Counting keeps nobody waiting, as a row would; the log gets few lines, however many writes there are. */
const body = `
declare
  count bigint := nextval(tg_argv[0]::regclass);
begin
  if count & (count - 1) = 0 then
    raise log '% without a context on %.%, the %th: role %, application %',
      tg_op, tg_table_schema, tg_table_name, count, session_user, current_setting('application_name');
  end if;
  return null;
end
`;

function dropped(tables: readonly string[], routine: string, sequence: string): readonly string[] {
  return [
    ...tables.map((table) => `drop trigger if exists ${countContextless} on ${table}`),
    `drop function if exists ${routine}()`,
    `drop sequence if exists ${sequence}`,
  ];
}
