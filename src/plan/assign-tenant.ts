import { nameOf } from '../catalog/lookup.ts';
import { quoteQualified } from '../sql/ident.ts';
import { written, writtenList, writtenName } from '../sql/written.ts';
import { firstOf, knownTenant, leadsTo, sourceOf, tenantOfRow, type Source } from './attribution.ts';
import { once } from './memo.ts';
import { isFilled, type Situation, type TenantTable } from './situation.ts';
import { replacing, triggerFunction, type Installation } from './trigger-function.ts';
import { assigns, assignTenant, followParent } from './triggers.ts';

/** What gives a row its tenant while code writes that knows of none. Undefined where it is there already, or has nothing to go by. */
export function neededAssignment(situation: Situation, tenant: TenantTable): Installation | undefined {
  return assignmentsOf(situation).get(tenant);
}

const assignmentsOf = once((situation: Situation): ReadonlyMap<TenantTable, Installation> => {
  const needed = situation.tables.flatMap((tenant) => {
    if (!isFilled(tenant) || existingAssignment(situation, tenant) !== undefined) return [];
    const source = sourceOf(situation, tenant);
    const tenantSql = source && rowsTenant(situation, source, tenant);
    if (tenantSql === undefined || tenantSql === null) return [];
    return [[tenant, assignment(situation, tenant, tenantSql, movingColumns(source))] as const];
  });
  return new Map(needed);
});

/** What an earlier plan has put in place. */
export function existingAssignment({ snapshot }: Situation, { relation }: TenantTable): Installation | undefined {
  const triggers = snapshot.triggers.filter((trigger) => trigger.tgrelid === relation.oid && assigns(trigger));
  const [first] = triggers;
  const routine = snapshot.functions.find(({ oid }) => oid === first?.tgfoid);
  if (first === undefined || routine === undefined) return undefined;
  const table = writtenName(nameOf(relation));
  const name = quoteQualified({ schema: routine.nspname, name: routine.proname });
  return {
    create: [triggerFunction(name, routine.prosrc), ...triggers.map(({ definition }) => replacing(definition))],
    drop: [
      ...triggers.map(({ tgname }) => `drop trigger if exists ${tgname} on ${table}`),
      `drop function if exists ${name}()`,
    ],
  };
}

/** The tenant of the row NEW; null where it cannot be said. */
function rowsTenant(situation: Situation, source: Source, { relation }: TenantTable): string | null {
  if (source.kind === 'constant') return source.sql;
  if (source.kind === 'json') {
    const row = `(select (${source.expression}) from (select new.*) as ${written(relation.relname)})`;
    return knownTenant(situation, row);
  }
  const tenants = source.ways.flatMap((way) => {
    const tenant = tenantOfRow(situation, way.parent, 'parent');
    if (tenant === null) return [];
    return [
      `(
    select ${tenant}
    from ${writtenName(way.parent.table.table)} as parent
    where ${leadsTo(way, relation, 'new', 'parent')}
  )`,
    ];
  });
  return tenants.length === 0 ? null : firstOf(tenants);
}

/** The columns with which a row moves to another parent, and so perhaps to another tenant. */
function movingColumns(source: Source | undefined): readonly string[] {
  if (source?.kind !== 'ways') return [];
  const columns = source.ways.flatMap(({ join, type }) => [
    ...(type === null ? [] : [type.column]),
    ...(join.backward ? [] : join.pairs.map(({ column }) => column)),
  ]);
  return [...new Set(columns)];
}

function assignment(
  { names }: Situation,
  { table, column }: TenantTable,
  tenantSql: string,
  moving: readonly string[],
): Installation {
  const { schema } = table.table;
  const name = writtenName({ schema, name: names.make(schema, [table.table.name], 'assign_tenant') });
  const on = writtenName(table.table);
  const own = written(column ?? '');
  const moved = moving.map((one) => `new.${written(one)} is distinct from old.${written(one)}`).join(' or ');
  return {
    create: [
      triggerFunction(name, `\nbegin\n  new.${own} := ${tenantSql};\n  return new;\nend\n`),
      `create trigger ${assignTenant} before insert or update on ${on}
  for each row when (new.${own} is null)
  execute function ${name}()`,
      ...(moving.length === 0
        ? []
        : [
            `create trigger ${followParent} before update of ${writtenList(moving)} on ${on}
  for each row when ((${moved})
    and new.${own} is not distinct from old.${own})
  execute function ${name}()`,
          ]),
    ],
    drop: [
      ...(moving.length === 0 ? [] : [`drop trigger if exists ${followParent} on ${on}`]),
      `drop trigger if exists ${assignTenant} on ${on}`,
      `drop function if exists ${name}()`,
    ],
  };
}
