import { accessMatrix, isReachable, mayUse, type AccessMatrix, type RelationAccess } from '../access/matrix.ts';
import { effectivePredicate, policiesOf, type Command } from '../access/policies.ts';
import { findRelation, nameOf, primaryKeyOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Policy, Relation } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { formatQualified, quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts';

/** A table with owners that the app role reaches and whose wall stands. */
export interface Table {
  readonly relation: Relation;
  readonly intent: RelationIntent;
  readonly access: RelationAccess;
  /** As findings name it. */
  readonly name: string;
  /** As SQL. */
  readonly sql: string;
  /** Its schema, as SQL. */
  readonly schema: string;
  /** The tenant column, as SQL; null where no column says the owner. */
  readonly tenant: string | null;
  /** The policies that apply to the app role. */
  readonly policies: readonly Policy[];
}

/** Where leaks are planted: a database, what its model says, and one app role. */
export interface Scene {
  readonly snapshot: CatalogSnapshot;
  readonly model: Model;
  readonly intent: Intent;
  readonly role: string;
  /** The app role, as SQL. */
  readonly app: string;
  readonly access: AccessMatrix;
  /** The walls, those first whose rows have several owners; that of the tenants apart. */
  readonly tables: readonly Table[];
  readonly root: Table | undefined;
  /** Some subjects, those with rows first. */
  readonly subjects: readonly string[];
  readonly major: number;
  /** The context as policies would ask for it: null where nobody set it. Null where the model has no such simple one. */
  readonly context: string | null;
  /** How many tables of one kind are tried: one is as good as another, and a database may have hundreds. */
  readonly tablesPerChange: number;
  /** A name that nothing in the cluster has, as SQL. */
  readonly unique: (what: string) => string;
}

export interface SceneOptions {
  readonly role: string;
  readonly subjects: readonly string[];
  /** The oids of relations whose rows have several owners. */
  readonly populated: ReadonlySet<number>;
  readonly tablesPerChange: number;
  /** Makes names unique in the cluster. */
  readonly suffix: string;
}

export function sceneOf(snapshot: CatalogSnapshot, model: Model, intent: Intent, options: SceneOptions): Scene {
  const access = accessMatrix(snapshot, options.role);
  const tables = intent.relations.flatMap((one) => {
    const relation = findRelation(snapshot, one);
    const accessed = relation && access.relations.get(relation.oid);
    return accessed && isWall(one, accessed) ? [tableOf(snapshot, one, accessed)] : [];
  });
  const isPopulated = ({ relation }: Table): boolean => options.populated.has(relation.oid);
  return {
    snapshot,
    model,
    intent,
    role: options.role,
    app: quoteIdent(options.role),
    access,
    tables: [...tables.filter(isPopulated), ...tables.filter((table) => !isPopulated(table))].filter(
      (table) => table.intent.tenancy === 'row',
    ),
    root: tables.find((table) => table.intent.tenancy === 'root'),
    subjects: options.subjects,
    major: Math.floor(snapshot.serverVersionNum / 10_000),
    context: contextOf(model),
    tablesPerChange: options.tablesPerChange,
    unique: (what) => quoteIdent(`rowhouse_selftest_${what}_${options.suffix}`),
  };
}

function isWall({ kind, tenancy }: RelationIntent, access: RelationAccess): boolean {
  return (
    kind === 'table' &&
    (tenancy === 'row' || tenancy === 'root') &&
    !access.relation.relispartition &&
    isReachable(access) &&
    access.relation.relrowsecurity &&
    access.policies.select.permissive.length > 0
  );
}

function tableOf(snapshot: CatalogSnapshot, intent: RelationIntent, access: RelationAccess): Table {
  const { relation, policies } = access;
  const applying = new Set(
    Object.values(policies).flatMap(({ permissive, restrictive }) => [...permissive, ...restrictive]),
  );
  return {
    relation,
    intent,
    access,
    name: formatQualified(nameOf(relation)),
    sql: quoteQualified(nameOf(relation)),
    schema: quoteIdent(relation.nspname),
    tenant: intent.tenantColumn === null ? null : quoteIdent(intent.tenantColumn),
    policies: policiesOf(snapshot, relation).filter((policy) => applying.has(policy)),
  };
}

function contextOf({ context: { setting, type, json }, membership }: Model): string | null {
  if (json !== null || membership !== null) return null;
  return `(select nullif(pg_catalog.current_setting(${quoteLiteral(setting)}, true), '')::pg_catalog.${sqlTypes[type]})`;
}

const sqlTypes = { uuid: 'uuid', bigint: 'int8', integer: 'int4', text: 'text' } as const;

/** Whether another role may read a table. */
export function isReadBy({ snapshot }: Scene, role: string, { relation }: Table): boolean {
  const access = accessMatrix(snapshot, role).relations.get(relation.oid);
  return access !== undefined && mayUse(access, 'select');
}

/** A few of the walls that fit. */
export function someTables(
  scene: Scene,
  fits: (table: Table) => boolean = () => true,
  most = scene.tablesPerChange,
): readonly Table[] {
  return scene.tables.filter(fits).slice(0, most);
}

/** A few of those that have a tenant column. */
export function someByColumn(
  scene: Scene,
  fits: (table: ByColumn) => boolean = () => true,
  most = scene.tablesPerChange,
): readonly ByColumn[] {
  return scene.tables.filter(isByColumn).filter(fits).slice(0, most);
}

export type ByColumn = Table & { readonly tenant: string };

export function isByColumn(table: Table): table is ByColumn {
  return table.tenant !== null;
}

/** What the live policies amount to for a command, as one SQL boolean. */
export function livePredicate({ access }: Table, command: Command, part: 'using' | 'check' = 'using'): string {
  return effectivePredicate(access.policies[command], part);
}

export function may({ access }: Table, command: Command): boolean {
  return mayUse(access, command);
}

/** A column of text that says nothing about whose the row is. */
export function plainColumn(scene: Scene, { relation, intent }: Table): Column | undefined {
  const keyed = new Set(
    scene.snapshot.constraints
      .filter((c) => c.conrelid === relation.oid && c.contype !== 'n')
      .flatMap((c) => c.columns),
  );
  return relation.columns.find(
    ({ attname, type, attgenerated }) =>
      type === 'text' && attgenerated === '' && attname !== intent.tenantColumn && !keyed.has(attname),
  );
}

/** The single column of a primary key, beside the tenant column. */
export function keyColumn(scene: Scene, { relation, intent }: Table): string | undefined {
  const rest = primaryKeyOf(scene.snapshot, relation).filter((column) => column !== intent.tenantColumn);
  return rest.length === 1 && rest[0] !== undefined ? quoteIdent(rest[0]) : undefined;
}

/** A relation that a change makes in the schema of a table: as SQL, and as findings name it. */
export function beside({ relation }: Table, name: string): { readonly sql: string; readonly name: string } {
  const qualified = { schema: relation.nspname, name };
  return { sql: quoteQualified(qualified), name: formatQualified(qualified) };
}

/** `drop policy` for every policy of a table. */
export function dropPolicies({ snapshot }: Scene, { relation, sql }: Table): string {
  return policiesOf(snapshot, relation)
    .map(({ polname }) => `drop policy ${quoteIdent(polname)} on ${sql};`)
    .join('\n');
}
