import { findRelation, nameOf, descendantsOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { ExampleValue, Model, TableModel } from '../model/model.ts';
import { quoteLiteral, sameName } from '../sql/ident.ts';
import { askedValues } from './asked.ts';
import { conditionsOver, type Condition, type Shapes, type TableShape } from './shape.ts';

/** Whom rows are made for. */
export interface Tenant {
  /** How its rows are told apart: `a`, `b`, `platform`. */
  readonly label: string;
  /** The key, as text; what is stored may differ from what was planned. */
  id: string;
  /** The users that are members, by number, where no table of users says otherwise. */
  readonly users: readonly string[];
  /** Its own schema. */
  readonly schema: string | null;
  readonly platform: boolean;
}

/** One row that shall be made. */
export interface RowSpec {
  /** Whose; null for a row that is nobody's. */
  readonly tenant: Tenant | null;
  /** Whom the user of a membership belongs to, where that is somebody else: the row is then no membership that counts. */
  readonly outsider?: Tenant | undefined;
  /** What the model tells rows apart by: each should hold. */
  readonly wants: readonly Condition[];
}

/** How a table's rows say whose they are. */
export type RowOwner =
  | { readonly kind: 'column'; readonly column: string }
  | { readonly kind: 'expression'; readonly expression: string }
  /** By foreign keys, or not at all. */
  | { readonly kind: 'none' };

export interface TablePlan {
  readonly shape: TableShape;
  /** Whether the model names it; others are filled where a foreign key leads to them. */
  readonly modelled: boolean;
  readonly root: boolean;
  /** It says who the tenants and their members are. */
  readonly first: boolean;
  readonly owner: RowOwner;
  /** The columns that lead to the row which owns a row, where a foreign key does. */
  readonly through: readonly string[];
  /** Values for every row, by column. */
  readonly example: ReadonlyMap<string, ExampleValue>;
  /** A column with a user that no foreign key leads to. */
  readonly user: string | null;
  /** Rows that an application hides may be among them. */
  readonly hidden: boolean;
  /** Of members: by column, what policies and functions ask of them. */
  readonly asked: ReadonlyMap<string, readonly string[]>;
  readonly specs: readonly RowSpec[];
}

/** Rows of each kind that are made for each tenant. */
export interface Amounts {
  readonly rows: number;
  /** Of a table that the model does not name, or of members. */
  readonly few: number;
}

/** Plans the rows of a model's tables, and of those that they need. */
export function planTables(
  model: Model,
  snapshot: CatalogSnapshot,
  { tables }: Shapes,
  tenants: readonly Tenant[],
  amounts: Amounts,
): ReadonlyMap<number, TablePlan> {
  const described = describedTables(model, snapshot);
  return new Map(
    [...tables.values()].map((shape) => {
      const table = described.get(shape.relation.oid);
      return [shape.relation.oid, planOf(model, snapshot, tables, shape, table, tenants, amounts)];
    }),
  );
}

/** The tables that the model describes, children by inheritance and copies in tenants' schemas too; not partitions, which are filled from above. */
export function describedTables(model: Model, snapshot: CatalogSnapshot): ReadonlyMap<number, TableModel> {
  const found = new Map<number, TableModel>();
  const add = (relation: Relation | undefined, table: TableModel): void => {
    if (relation === undefined || found.has(relation.oid)) return;
    const isTable = relation.relkind === 'r' || relation.relkind === 'p';
    if (isTable && !relation.relispartition) found.set(relation.oid, table);
  };
  for (const table of model.tables) add(findRelation(snapshot, table.table), table);
  for (const table of model.tables) {
    const relation = findRelation(snapshot, table.table);
    for (const child of relation ? descendantsOf(snapshot, relation) : []) add(child, table);
    if (table.tenancy !== 'schema') continue;
    for (const copy of snapshot.relations) if (copy.relname === table.table.name) add(copy, table);
  }
  return found;
}

function planOf(
  model: Model,
  snapshot: CatalogSnapshot,
  shapes: Shapes['tables'],
  shape: TableShape,
  table: TableModel | undefined,
  tenants: readonly Tenant[],
  amounts: Amounts,
): TablePlan {
  const { membership } = model;
  const name = nameOf(shape.relation);
  const root = sameName(name, model.tenants.table);
  const members = membership !== null && sameName(name, membership.table);
  const owner: RowOwner = root
    ? { kind: 'column', column: model.tenants.key }
    : members
      ? { kind: 'column', column: membership.tenant }
      : ownerOf(table);
  const owned = table?.tenancy === 'row' || table?.tenancy === 'root' ? table : null;
  return {
    shape,
    modelled: table !== undefined || members || root,
    root,
    first: root || members,
    owner,
    through: throughColumns(shapes, shape, table),
    example: table?.example ?? new Map(),
    user: members ? membership.user : (owned?.user ?? usersColumn(model, shapes, shape)),
    hidden: owned?.complete === false,
    asked: members ? askedValues(snapshot, shape.relation) : new Map(),
    specs: root
      ? tenants.map((tenant) => ({ tenant, wants: [] }))
      : members
        ? memberSpecs(shape, membership.when, tenants, amounts)
        : specsOf(model, shape, table, tenants, amounts),
  };
}

/** The column of a table that is called as that of the members' users is, where no key says whom it names: policies let users write rows of their own. */
function usersColumn({ membership }: Model, shapes: Shapes['tables'], shape: TableShape): string | null {
  if (membership === null) return null;
  const typeIn = (table: TableShape | undefined): string | undefined =>
    table?.columns.find(({ attname }) => attname === membership.user)?.type;
  const members = [...shapes.values()].find(({ relation }) => sameName(nameOf(relation), membership.table));
  const led = shape.foreignKeys.some(({ columns }) => columns.includes(membership.user));
  const type = typeIn(shape);
  return type !== undefined && type === typeIn(members) && !led ? membership.user : null;
}

function ownerOf(table: TableModel | undefined): RowOwner {
  if (table?.tenancy !== 'row' || table.owner.kind === 'through') return { kind: 'none' };
  return table.owner;
}

function throughColumns(
  shapes: Shapes['tables'],
  { foreignKeys }: TableShape,
  table: TableModel | undefined,
): readonly string[] {
  if (table?.tenancy !== 'row' || table.owner.kind !== 'through') return [];
  const { path } = table.owner;
  return foreignKeys.flatMap(({ target, columns }) => {
    const parent = shapes.get(target);
    const meant = parent !== undefined && sameName(nameOf(parent.relation), path.table);
    return meant && (path.by === null || path.by.every((column) => columns.includes(column))) ? columns : [];
  });
}

function memberSpecs(
  { relation }: TableShape,
  when: string | null,
  tenants: readonly Tenant[],
  { few }: Amounts,
): readonly RowSpec[] {
  const holds = when === null ? [] : [wanting(relation, when, true)];
  const others = tenants.filter(({ platform }) => !platform);
  return tenants.flatMap((tenant, at) => [
    ...repeat(few, () => ({ tenant, wants: holds })),
    ...(when === null || tenant.platform
      ? []
      : [{ tenant, outsider: others[(at + 1) % others.length], wants: [wanting(relation, when, false)] }]),
  ]);
}

function specsOf(
  model: Model,
  shape: TableShape,
  table: TableModel | undefined,
  tenants: readonly Tenant[],
  { rows, few }: Amounts,
): readonly RowSpec[] {
  const plain = tenants.filter(({ platform }) => !platform);
  const nobody = (count: number): readonly RowSpec[] => repeat(count, () => ({ tenant: null, wants: [] }));
  if (table === undefined) return plain.flatMap((tenant) => repeat(few, () => ({ tenant, wants: [] })));
  // A table without a key is often one of settings, with one row.
  const alone = shape.keys.length === 0;
  if (table.tenancy === 'shared') return nobody(alone ? 1 : rows);
  if (table.tenancy === 'none') return nobody(alone ? 1 : few);
  if (table.tenancy === 'schema') {
    const own = plain.filter(({ schema }) => schema === shape.relation.nspname);
    return own.flatMap((tenant) => repeat(rows, () => ({ tenant, wants: [] })));
  }
  const whens = table.share.flatMap((share) => (share.kind === 'when' ? [share.when] : []));
  const unshared = whens.map((when) => wanting(shape.relation, when, false));
  const wantsOf = (index: number): readonly Condition[] => {
    const when = index % 2 === 1 ? whens[(index - 1) / 2] : undefined;
    return when === undefined ? unshared : [wanting(shape.relation, when, true)];
  };
  const leaves = shape.leaves.map((leaf) => [leaf]);
  const count = Math.max(rows, 2 * whens.length + 1, Math.min(leaves.length, 12));
  const wants = (index: number): readonly Condition[] => [...wantsOf(index), ...(leaves[index % leaves.length] ?? [])];
  return [
    ...tenants
      .filter(({ platform }) => !platform || sharesPlatform(model, table))
      .flatMap((tenant) => repeat(tenant.platform ? few : count, (index) => ({ tenant, wants: wants(index) }))),
    ...(table.tenancy === 'row' && table.nulls === 'shared' ? nobody(few) : []),
  ];
}

/** Whether rows of the platform are shared here, or in the table that owns these rows. */
function sharesPlatform(model: Model, table: TableModel): boolean {
  if (table.tenancy !== 'row' && table.tenancy !== 'root') return false;
  if (table.share.some(({ kind }) => kind === 'platform')) return true;
  if (table.tenancy === 'root' || table.owner.kind !== 'through') return false;
  const { path } = table.owner;
  const parent = model.tables.find((candidate) => sameName(candidate.table, path.table));
  return parent !== undefined && sharesPlatform(model, parent);
}

function wanting(relation: Relation, when: string, holds: boolean): Condition {
  const name = `${holds ? '' : 'not '}${when}`;
  return conditionsOver(relation)(name, `((${when}\n) is true) = ${holds}`);
}

/** What an expression must come to for a row to be a tenant's, or nobody's. */
export function ownedBy(relation: Relation, expression: string, tenant: Tenant | null): Condition {
  const test = tenant === null ? 'is null' : `= ${quoteLiteral(tenant.id)}`;
  return conditionsOver(relation)(`whose it is: ${expression}`, `((${expression}\n)::pg_catalog.text ${test}) is true`);
}

function repeat<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
