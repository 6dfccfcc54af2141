import { findColumn, findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { KeyType, Model } from '../model/model.ts';
import { gatherHints } from './hints.ts';
import type { Tenant } from './plan.ts';
import { uuidOf } from './seed.ts';
import type { Shapes } from './shape.ts';

/** Users that are planned for each tenant. */
const usersEach = 3;

/**
 * Plans tenants that the database does not have: as many as wanted, or one for each schema that tenants have. The platform is one more.
 */
export function planTenants(model: Model, snapshot: CatalogSnapshot, shapes: Shapes, count: number): readonly Tenant[] {
  const { tenants, context } = model;
  const schemas = tenantSchemas(model, snapshot);
  const bounds = partitionKeys(model, snapshot, shapes);
  const make = (label: string, ordinal: number, id?: string): Tenant => ({
    label,
    id: id ?? bounds[ordinal] ?? keyOf(tenants.type, label, 'tenant', ordinal),
    users: Array.from({ length: usersEach }, (_, user) =>
      keyOf(context.type, label, `user ${user}`, ordinal * usersEach + user),
    ),
    schema: schemas[ordinal] ?? null,
    platform: id !== undefined,
  });
  const plain = Array.from({ length: Math.max(count, Math.min(schemas.length, 6)) }, (_, ordinal) =>
    make(String.fromCharCode('a'.charCodeAt(0) + ordinal), ordinal),
  );
  return tenants.platform === null ? plain : [make('platform', plain.length, tenants.platform), ...plain];
}

function keyOf(type: KeyType, label: string, what: string, ordinal: number): string {
  if (type === 'uuid') return uuidOf({ label, table: what, index: 1, serial: 1, salt: 0 }, 'key');
  if (type === 'text') return what === 'tenant' ? `rowhouse-${label}` : `rowhouse-${label}-${what.replace(' ', '-')}`;
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
    if (findColumn(relation, column) === undefined || leaves.some(({ sql }) => /^\s*\(?\(?NOT \(/.test(sql))) return [];
    const hints = gatherHints(leaves.map(({ sql }) => sql)).get(column);
    return hints === undefined ? [] : [...hints.texts];
  });
  return [...new Set(keys)].filter((key) => key !== model.tenants.platform);
}
