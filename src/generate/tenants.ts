import type pg from 'pg';
import { findColumn, findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { KeyType, Model } from '../model/model.ts';
import { gatherHints } from './hints.ts';
import type { Tenant } from './plan.ts';
import { poolOf } from './pool.ts';
import { uuidOf } from './seed.ts';
import type { Shapes } from './shape.ts';
import { solve } from './solve.ts';

/** Users that are planned for each tenant: as many as get a membership. */
const usersEach = 2;

/**
 * Plans tenants that the database does not have: as many as wanted, or one for each schema that tenants have. The platform is one more.
 */
export async function planTenants(
  client: pg.ClientBase,
  model: Model,
  snapshot: CatalogSnapshot,
  shapes: Shapes,
  count: number,
): Promise<readonly Tenant[]> {
  const { tenants, context } = model;
  const schemas = tenantSchemas(model, snapshot);
  const bounds = partitionKeys(model, snapshot, shapes);
  const used = new Set<string>();
  const make = async (label: string, ordinal: number, id?: string): Promise<Tenant> => ({
    label,
    id: id ?? bounds[ordinal] ?? (await tenantKey(client, model, snapshot, shapes, label, ordinal, used)),
    users: Array.from({ length: usersEach }, (_, user) =>
      keyOf(context.type, label, `user ${user}`, ordinal * usersEach + user),
    ),
    schema: schemas[ordinal] ?? null,
    platform: id !== undefined,
  });
  const planned = tenants.platform === null ? [] : [await make('platform', count, tenants.platform)];
  for (let ordinal = 0; ordinal < Math.max(count, Math.min(schemas.length, 6)); ordinal += 1) {
    planned.push(await make(String.fromCharCode('a'.charCodeAt(0) + ordinal), ordinal));
  }
  return planned;
}

/** A key that the table of tenants takes. */
async function tenantKey(
  client: pg.ClientBase,
  { tenants }: Model,
  snapshot: CatalogSnapshot,
  { tables, types }: Shapes,
  label: string,
  ordinal: number,
  used: Set<string>,
): Promise<string> {
  const shape = tables.get(findRelation(snapshot, tenants.table)?.oid ?? 0);
  const column = shape?.columns.find(({ attname }) => attname === tenants.key);
  if (shape === undefined || column === undefined) return keyOf(tenants.type, label, 'tenant', ordinal);
  const own = shape.conditions.filter(({ columns }) => columns.every((name) => name === tenants.key));
  const hints = gatherHints(own.map(({ sql }) => sql)).get(tenants.key);
  const seed = { label, table: shape.name, index: 1, serial: ordinal + 1, salt: 0 };
  const choices = poolOf(types, new Map(), { column, hints, seed, key: true, hidden: false }).filter(
    (value) => value !== null && !used.has(value),
  );
  const variables = [{ columns: [tenants.key], choices: choices.map((choice) => [choice]) }];
  const [solved] = own.length === 0 ? [] : await solve(client, shape, own, variables);
  const key = solved?.get(tenants.key) ?? choices[0] ?? keyOf(tenants.type, label, 'tenant', ordinal);
  used.add(key);
  return key;
}

function keyOf(type: KeyType, label: string, what: string, ordinal: number): string {
  if (type === 'uuid') return uuidOf({ label, table: what, index: 1, serial: 1, salt: 0 }, 'key');
  if (type === 'text') return `rowhouse-${label}-${what.replace(' ', '-')}`;
  return String(1_000_001 + ordinal);
}

/** The schemas that hold copies of tables of which each tenant has one. */
function tenantSchemas(model: Model, { relations }: CatalogSnapshot): readonly string[] {
  const names = new Set(model.tables.flatMap(({ tenancy, table }) => (tenancy === 'schema' ? [table.name] : [])));
  const templates = new Set(
    model.tables.flatMap(({ tenancy, table }) => (tenancy === 'schema' ? [`${table.schema}.${table.name}`] : [])),
  );
  const copies = relations.filter(
    ({ relname, nspname }) => names.has(relname) && !templates.has(`${nspname}.${relname}`),
  );
  return [...new Set(copies.map(({ nspname }) => nspname))];
}

/** The tenants for which there are partitions of their own: only for those, where no partition takes the others. */
function partitionKeys(model: Model, snapshot: CatalogSnapshot, { tables }: Shapes): readonly string[] {
  const keys = model.tables.flatMap((table): readonly string[] => {
    const relation = findRelation(snapshot, table.table);
    if (relation === undefined || table.tenancy !== 'row' || table.owner.kind !== 'column') return [];
    const { column } = table.owner;
    const leaves = tables.get(relation.oid)?.leaves ?? [];
    if (
      findColumn(relation, column) === undefined ||
      leaves.some(({ sql }) => /^\(*NOT \(|satisfies_hash_partition/.test(sql))
    )
      return [];
    const hints = gatherHints(leaves.map(({ sql }) => sql)).get(column);
    return hints === undefined ? [] : [...hints.texts];
  });
  return [...new Set(keys)].filter((key) => key !== model.tenants.platform);
}
