/**
 * One typed, immutable snapshot of pg_catalog. Field names are PostgreSQL's own.
 * System schemas (`pg_*`, `information_schema`), the schema `rowhouse` and what belongs to extensions are left out.
 */
export interface CatalogSnapshot {
  /** `server_version_num`: 150018 is 15.18. */
  readonly serverVersionNum: number;
  readonly database: string;
  readonly relations: readonly Relation[];
  readonly constraints: readonly Constraint[];
  readonly policies: readonly Policy[];
  readonly triggers: readonly Trigger[];
  readonly roles: readonly Role[];
}

/** `pg_class.relkind`: r table, p partitioned table, v view, m materialized view, f foreign table. */
export type RelKind = 'r' | 'p' | 'v' | 'm' | 'f';

export interface Relation {
  readonly oid: number;
  readonly nspname: string;
  readonly relname: string;
  readonly relkind: RelKind;
  readonly relowner: string;
  readonly relrowsecurity: boolean;
  readonly relforcerowsecurity: boolean;
  readonly relispartition: boolean;
  readonly reloptions: readonly string[];
  /** Planner's estimate of the rows; -1 where never analyzed. */
  readonly reltuples: number;
  readonly columns: readonly Column[];
  /** The oid of the relations that a view or materialized view reads directly. */
  readonly dependsOn: readonly number[];
  /** The oid of the partitioned table that it is a partition of, or of the tables that it inherits from. */
  readonly parents: readonly number[];
}

export interface Column {
  readonly attname: string;
  readonly attnum: number;
  /** As `format_type` prints it: `character varying(20)`. */
  readonly type: string;
  readonly attnotnull: boolean;
  /** '' | 'a' always | 'd' by default */
  readonly attidentity: string;
  /** '' | 's' stored | 'v' virtual */
  readonly attgenerated: string;
  /** As `pg_get_expr` prints it. */
  readonly default: string | null;
}

/** `pg_constraint.contype`: p primary key, u unique, f foreign key, c check, x exclusion, n not null (PostgreSQL 18). */
export interface Constraint {
  readonly conname: string;
  readonly contype: 'p' | 'u' | 'f' | 'c' | 'x' | 'n';
  readonly conrelid: number;
  /** Column names, in the order of the constraint. */
  readonly columns: readonly string[];
  readonly confrelid: number | null;
  readonly confcolumns: readonly string[];
  readonly confdeltype: string;
  readonly convalidated: boolean;
  readonly condeferrable: boolean;
  /** As `pg_get_constraintdef` prints it. */
  readonly definition: string;
}

export interface Policy {
  readonly polname: string;
  readonly polrelid: number;
  readonly polpermissive: boolean;
  /** r SELECT, a INSERT, w UPDATE, d DELETE, * ALL */
  readonly polcmd: 'r' | 'a' | 'w' | 'd' | '*';
  /** Role names; `public` for PUBLIC. */
  readonly polroles: readonly string[];
  readonly polqual: string | null;
  readonly polwithcheck: string | null;
}

export interface Trigger {
  readonly tgname: string;
  readonly tgrelid: number;
  /** Bits of `pg_trigger.tgtype`: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead. */
  readonly tgtype: number;
  readonly tgenabled: string;
  readonly function: string;
  readonly prosecdef: boolean;
  /** As `pg_get_triggerdef` prints it. */
  readonly definition: string;
}

export interface Role {
  readonly rolname: string;
  readonly rolsuper: boolean;
  readonly rolinherit: boolean;
  readonly rolcreaterole: boolean;
  readonly rolcanlogin: boolean;
  readonly rolbypassrls: boolean;
  /** Roles that it is a direct member of. */
  readonly memberOf: readonly { readonly rolname: string; readonly inherit: boolean; readonly set: boolean }[];
}
