import type { QualifiedName } from '../sql/ident.ts';

/** The type of a tenant's key, or of a user's. */
export type KeyType = 'uuid' | 'bigint' | 'integer' | 'text';

/** `rowhouse.yaml`, read: names are as the catalog stores them, ids are text, what was left out has its default. */
export interface Model {
  /** The file that it came from, for messages. */
  readonly path: string;
  readonly database: DatabaseModel;
  readonly context: ContextModel;
  readonly tenants: TenantsModel;
  /** Who belongs to which tenants, where sessions say a user and not a tenant. */
  readonly membership: MembershipModel | null;
  readonly roles: RolesModel;
  readonly tables: readonly TableModel[];
  readonly views: readonly ViewModel[];
  /** Queries of the application whose answers must not depend on rows of others. */
  readonly queries: readonly QueryModel[];
  /** Calls of functions that a verification would not make by itself. */
  readonly functions: readonly FunctionModel[];
  /** Materialized views that the application may not read. */
  readonly closedMatviews: readonly QualifiedName[];
  /** Schemas that are another system's: nothing is planned for them, and whose rows they hold is not asked. */
  readonly unmanaged: readonly UnmanagedSchema[];
  readonly waivers: readonly Waiver[];
}

export interface DatabaseModel {
  /** The last place where a connection is looked for. */
  readonly url: string | null;
}

/** How a session says its subject: a tenant, or a user where the model has a membership. */
export interface ContextModel {
  /** The setting that policies read, such as `app.current_tenant`. */
  readonly setting: string;
  readonly type: KeyType;
  /** The keys that lead to the subject within the setting's JSON; null where the setting is the subject. */
  readonly json: readonly string[] | null;
  /** Constant claims beside the subject. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface TenantsModel {
  readonly table: QualifiedName;
  readonly key: string;
  /** The key's type; the context's unless a membership leads from users to tenants of another type. */
  readonly type: KeyType;
  /** The id of the tenant whose rows may be shared with all. */
  readonly platform: string | null;
  /** The column with the name of a tenant's own schema. */
  readonly schema: string | null;
}

export interface MembershipModel {
  readonly table: QualifiedName;
  readonly user: string;
  readonly tenant: string;
  /** SQL: which of the table's rows make a member. */
  readonly when: string | null;
}

export interface RolesModel {
  readonly owner: string | null;
  readonly app: readonly string[];
  /** Roles that may see all rows, on purpose. */
  readonly bypass: readonly string[];
}

export type Access = 'read' | 'write';

/** A value of a row template: a text or a JSON value, as YAML holds it. */
export type ExampleValue =
  string | number | boolean | null | readonly ExampleValue[] | { readonly [key: string]: ExampleValue };

export type TableModel = RowTable | RootTable | SharedTable | NoneTable | SchemaTable;

interface TableBase {
  readonly table: QualifiedName;
  /** What generated rows hold, by column. */
  readonly example: ReadonlyMap<string, ExampleValue>;
  /** Why it is so, in the author's words. */
  readonly reason: string | null;
}

/** What tables whose rows have owners share. */
interface OwnedTable extends TableBase {
  readonly share: readonly Share[];
  /** A column with the user that owns the row beside its tenant's members. */
  readonly user: string | null;
  /** Whether a subject must see all that it owns; false where the application hides some of it, by role or by time. */
  readonly complete: boolean;
  /** Unique keys, by their columns, that hold for all tenants on purpose: whether a value is taken is no secret. */
  readonly oracles: readonly (readonly string[])[];
}

/** Each row belongs to a tenant. */
export interface RowTable extends OwnedTable {
  readonly tenancy: 'row';
  readonly owner: Owner;
  /** What a row without an owner is. */
  readonly nulls: 'foreign' | 'shared';
  readonly backfill: Backfill | null;
  readonly embedded: readonly EmbeddedKey[];
}

/** The table of tenants itself: a tenant sees its own row. */
export interface RootTable extends OwnedTable {
  readonly tenancy: 'root';
  /** Whether any subject may add a tenant. */
  readonly signup: boolean;
}

/** Every row is for everyone. */
export interface SharedTable extends TableBase {
  readonly tenancy: 'shared';
  readonly access: Access;
}

/** The application has no business here. */
export interface NoneTable extends TableBase {
  readonly tenancy: 'none';
}

/** One table in each tenant's schema. */
export interface SchemaTable extends TableBase {
  readonly tenancy: 'schema';
}

/** Where a row says its tenant. */
export type Owner =
  | { readonly kind: 'column'; readonly column: string }
  /** SQL over the row, compared with the tenant's id as text. */
  | { readonly kind: 'expression'; readonly expression: string }
  /** A row is as visible as the rows of another table that a foreign key joins it with. */
  | { readonly kind: 'through'; readonly path: ForeignKeyPath };

/** A foreign key between two tables, in either direction; `by` names its columns where there are several. */
export interface ForeignKeyPath {
  readonly table: QualifiedName;
  readonly by: readonly string[] | null;
  /** Columns and what they are equal to in the other table, where no foreign key says so. */
  readonly on: ReadonlyMap<string, string> | null;
}

/** Rows that a table shares: those of the platform tenant, or those for which the SQL is true. */
export type Share =
  | { readonly kind: 'platform'; readonly access: Access }
  | { readonly kind: 'when'; readonly when: string; readonly access: Access };

/** Where the tenant of rows that were there before comes from. */
export type Backfill = (
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'json'; readonly expression: string }
  /** The first of these that leads to a tenant. */
  | { readonly kind: 'parent'; readonly paths: readonly ForeignKeyPath[] }
  | { readonly kind: 'pair'; readonly pair: PolymorphicPair }
) & { readonly orphans: Orphans };

/** Two columns that say together which row of which table a row belongs to. */
export interface PolymorphicPair {
  readonly type: string;
  /** Equal to the primary key there. */
  readonly id: string;
  /** By the values of the first column. */
  readonly tables: ReadonlyMap<string, QualifiedName>;
}

/** What becomes of rows that have no tenant then: nothing is planned, they are put aside, or a tenant takes them. */
export type Orphans = 'refuse' | 'quarantine' | { readonly tenant: string };

/** Ids of another table's rows that no foreign key sees. */
export interface EmbeddedKey {
  /** SQL over the row, an id or an array of ids. */
  readonly expression: string;
  /** The expression is an array, SQL's or JSON's, of ids. */
  readonly each: boolean;
  readonly target: QualifiedName & { readonly column: string };
}

/** A view over a table of the model, bound by the same rules. */
export interface ViewModel {
  readonly view: QualifiedName;
  readonly of: QualifiedName;
  /** The view's column for a column of the table, where the names differ. */
  readonly columns: ReadonlyMap<string, string>;
  readonly complete: boolean;
  readonly reason: string | null;
}

/** A query in a file, by its path within the project. */
export interface QueryModel {
  readonly path: string;
  /** The values of `$1`, `$2` and so on. */
  readonly params: readonly Param[];
}

export interface FunctionModel {
  /** `schema.name(types)`, as the document writes it. */
  readonly signature: string;
  readonly calls: readonly (readonly Param[])[];
  /** With whose rights one that runs with its owner's is to run; `none`: the application may not call it. Null where nothing is said. */
  readonly rights: FunctionRights | null;
}

export type FunctionRights = 'caller' | 'none';

export interface UnmanagedSchema {
  readonly schema: string;
  readonly reason: string;
}

/** A value that a query or a call is given: it may depend on the subject that asks. */
export type Param =
  | { readonly kind: 'literal'; readonly value: string | null }
  /** A tenant's id: of the subject's own, or of another one. */
  | { readonly kind: 'tenant'; readonly whose: 'own' | 'foreign' }
  /** What a row holds in a column: a row of the subject, of others, or one that all share. */
  | {
      readonly kind: 'column';
      readonly whose: 'own' | 'foreign' | 'shared';
      readonly of: QualifiedName & { readonly column: string };
    };

/** A finding that is accepted. */
export interface Waiver {
  readonly rule: string;
  readonly object: string;
  readonly reason: string;
  /** The last day on which it holds, as YYYY-MM-DD. */
  readonly until: string | null;
}
