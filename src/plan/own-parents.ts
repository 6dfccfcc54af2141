import { nameOf } from '../catalog/lookup.ts';
import type { Routine, Trigger } from '../catalog/snapshot.ts';
import { dollarQuoted } from '../sql/dollar-quoted.ts';
import { quoteLiteral, quoteQualified } from '../sql/ident.ts';
import { written, writtenName } from '../sql/written.ts';
import { pointsWithin } from './policies.ts';
import { referencesOf, type GuardedReference } from './references.ts';
import type { Situation, TenantTable } from './situation.ts';
import { replacing } from './trigger-function.ts';
import { checkParent } from './triggers.ts';

/** Statements that make a check of a table, or another of it, and that bring back what there was. */
export interface ParentCheck {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/**
 * A row points at none of its own table but those of its tenant and shared ones. A policy that read its own table would recurse, so a trigger
 * asks: with the rights of who writes, and only of those whom row-level security binds, as a policy would. Undefined where it does already.
 */
export function neededCheck(situation: Situation, tenant: TenantTable): ParentCheck | undefined {
  const references = referencesOf(situation).within.filter(({ child }) => child === tenant);
  const existing = existingCheck(situation, tenant);
  const body = references.length === 0 ? undefined : bodyOf(situation, tenant, references);
  if (existing?.routine.prosrc === body) return undefined;
  const table = nameOf(tenant.relation);
  const name = existing
    ? quoteQualified({ schema: existing.routine.nspname, name: existing.routine.proname })
    : writtenName({ schema: table.schema, name: situation.names.make(table.schema, [table.name], 'check_parent') });
  const gone = [`drop trigger if exists ${checkParent} on ${writtenName(table)}`, `drop function if exists ${name}()`];
  const back = existing && [functionSql(name, existing.routine.prosrc), replacing(existing.trigger.definition)];
  if (body === undefined) return { up: gone, down: back ?? [] };
  const trigger = `create or replace trigger ${checkParent} before insert or update on ${writtenName(table)}
  for each row execute function ${name}()`;
  return { up: [functionSql(name, body), trigger], down: back ?? gone };
}

function existingCheck(
  { snapshot }: Situation,
  { relation }: TenantTable,
): { readonly trigger: Trigger; readonly routine: Routine } | undefined {
  const trigger = snapshot.triggers.find(({ tgrelid, tgname }) => tgrelid === relation.oid && tgname === checkParent);
  const routine = snapshot.functions.find(({ oid }) => oid === trigger?.tgfoid);
  return trigger && routine && { trigger, routine };
}

function functionSql(name: string, body: string): string {
  return `create or replace function ${name}() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as ${dollarQuoted(body, 'body')}`;
}

function bodyOf(situation: Situation, tenant: TenantTable, references: readonly GuardedReference[]): string {
  const { nspname, relname } = tenant.relation;
  const name = writtenName(nameOf(tenant.relation));
  const row = { tenant, prefix: 'new.', name: 'new' };
  const checks = references.map((reference) => {
    const { columns, confcolumns, conname } = reference.key;
    const itself = columns.map((column, at) => `new.${written(column)} = new.${written(confcolumns[at] ?? '')}`);
    // What is another's is not there, to whoever asks and to code that knows the error.
    const message = `insert or update on table "${relname}" violates foreign key constraint "${conname}"`;
    return `
  if ((${itself.join(' and ')})
    or ${pointsWithin(situation, row, reference)}) is not true then
    raise foreign_key_violation using message = ${quoteLiteral(message)},
      schema = ${quoteLiteral(nspname)}, table = ${quoteLiteral(relname)}, constraint = ${quoteLiteral(conname)};
  end if;`;
  });
  return `
begin
  if not row_security_active(${quoteLiteral(name)}) then
    return new;
  end if;${checks.join('')}
  return new;
end
`;
}
