/**
 * One typed, immutable snapshot of pg_catalog. Field names are PostgreSQL's own.
 * System schemas (`pg_*`, `information_schema`), the schema `rowhouse` and what belongs to extensions are left out.
 */
export interface CatalogSnapshot {
  /** `server_version_num`: 150018 is 15.18. */
  readonly serverVersionNum: number;
  readonly database: string;
  /** The owner of the database. */
  readonly datdba: string;
  readonly datacl: Acl;
  /** What is granted on any large object. */
  readonly largeobjectacl: Acl;
  readonly schemas: readonly Schema[];
  readonly relations: readonly Relation[];
  readonly constraints: readonly Constraint[];
  readonly policies: readonly Policy[];
  readonly triggers: readonly Trigger[];
  readonly eventTriggers: readonly EventTrigger[];
  readonly rules: readonly RewriteRule[];
  readonly indexes: readonly Index[];
  readonly sequences: readonly Sequence[];
  readonly types: readonly NamedType[];
  readonly functions: readonly Routine[];
  readonly roles: readonly Role[];
  readonly roleSettings: readonly RoleSetting[];
  readonly defaultPrivileges: readonly DefaultPrivilege[];
  readonly publications: readonly PublishedTable[];
  readonly extensions: readonly Extension[];
  readonly systemGrants: readonly SystemGrant[];
}

/**
 * Items as PostgreSQL prints them, `grantee=privileges/grantor`, with the built-in default where nothing was ever granted.
 * `src/access/acl.ts` reads them. https://www.postgresql.org/docs/current/ddl-priv.html
 */
export type Acl = readonly string[];

export interface Schema {
  readonly nspname: string;
  readonly nspowner: string;
  readonly nspacl: Acl;
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
  /** Its size in pages, without indexes and TOAST, when it was last vacuumed or analyzed. */
  readonly relpages: number;
  readonly relacl: Acl;
  /** As `pg_get_viewdef` prints it; null where it is no view. */
  readonly definition: string | null;
  readonly columns: readonly Column[];
  /** The oid of the relations that a view or materialized view reads directly. */
  readonly dependsOn: readonly number[];
  /** The oid of the functions that a view or materialized view calls directly; those of pg_catalog are not recorded. */
  readonly callsFunctions: readonly number[];
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
  /** False where the collation takes different texts for equal; null where the type has no collation. */
  readonly collisdeterministic: boolean | null;
  readonly attacl: Acl;
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
  readonly confupdtype: string;
  readonly convalidated: boolean;
  readonly condeferrable: boolean;
  /** As `pg_get_constraintdef` prints it. */
  readonly definition: string;
  /** What COMMENT ON CONSTRAINT said. */
  readonly comment: string | null;
  /** Views and functions whose queries need it, as `pg_describe_object` prints them: it cannot be dropped before them. */
  readonly leaning: readonly string[];
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
  /** The oid of the other relations that it reads directly. */
  readonly dependsOn: readonly number[];
  /** The oid of the functions that it calls directly. */
  readonly callsFunctions: readonly number[];
}

export interface Trigger {
  readonly tgname: string;
  readonly tgrelid: number;
  /** Bits of `pg_trigger.tgtype`: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead. */
  readonly tgtype: number;
  readonly tgenabled: string;
  /** Whether it is there because the partitioned table has it. */
  readonly isOfParent: boolean;
  readonly tgfoid: number;
  readonly function: string;
  readonly prosecdef: boolean;
  /** As `pg_get_triggerdef` prints it. */
  readonly definition: string;
}

/** Code that runs when somebody logs in, or changes what the database is made of. */
export interface EventTrigger {
  readonly evtname: string;
  /** `ddl_command_end`, `login`, … */
  readonly evtevent: string;
  /** O where it is origin or local, D disabled, R on a replica, A always */
  readonly evtenabled: string;
  /** The commands that it is for, `CREATE TABLE`; none for all. */
  readonly evttags: readonly string[];
  readonly evtfoid: number;
}

export interface Role {
  readonly rolname: string;
  readonly rolsuper: boolean;
  readonly rolinherit: boolean;
  readonly rolcreaterole: boolean;
  readonly rolcanlogin: boolean;
  readonly rolbypassrls: boolean;
  readonly rolreplication: boolean;
  /** Roles that it is a direct member of. */
  readonly memberOf: readonly {
    readonly rolname: string;
    readonly inherit: boolean;
    readonly set: boolean;
    readonly admin: boolean;
  }[];
}

/** A rewrite rule beside those that make a view. */
export interface RewriteRule {
  readonly rulename: string;
  readonly ev_class: number;
  /** '2' UPDATE, '3' INSERT, '4' DELETE */
  readonly ev_type: string;
  readonly ev_enabled: string;
  readonly is_instead: boolean;
  readonly dependsOn: readonly number[];
  /** As `pg_get_ruledef` prints it. */
  readonly definition: string;
}

export interface Index {
  readonly indexrelid: number;
  readonly relname: string;
  readonly indrelid: number;
  /** The access method: btree, gin, hnsw. */
  readonly amname: string;
  readonly indisunique: boolean;
  readonly indisprimary: boolean;
  readonly indisexclusion: boolean;
  readonly indisvalid: boolean;
  /** The table's replica identity is this index. */
  readonly indisreplident: boolean;
  /** CLUSTER goes by this index. */
  readonly indisclustered: boolean;
  /** Its key columns in order; null for an expression. */
  readonly columns: readonly (string | null)[];
  readonly indpred: string | null;
  /** As `pg_get_indexdef` prints it. */
  readonly definition: string;
  /** What COMMENT ON INDEX said. */
  readonly comment: string | null;
}

export interface Sequence {
  readonly oid: number;
  readonly nspname: string;
  readonly relname: string;
  readonly relowner: string;
  readonly ownedByRelation: number | null;
  readonly ownedByColumn: string | null;
  readonly relacl: Acl;
}

/** A domain or an enum. */
export interface NamedType {
  readonly nspname: string;
  readonly typname: string;
  /** d domain, e enum */
  readonly typtype: 'd' | 'e';
  /** Of a domain, as `format_type` prints it. */
  readonly basetype: string | null;
  readonly typnotnull: boolean;
  /** Of an enum, in its order. */
  readonly labels: readonly string[];
  /** Of a domain, as `pg_get_constraintdef` prints them. */
  readonly checks: readonly string[];
}

export interface Routine {
  readonly oid: number;
  readonly nspname: string;
  readonly proname: string;
  /** `schema.name(argument types)`. */
  readonly signature: string;
  readonly proowner: string;
  /** f function, p procedure, a aggregate, w window */
  readonly prokind: string;
  readonly prosecdef: boolean;
  readonly proleakproof: boolean;
  readonly proisstrict: boolean;
  /** i immutable, s stable, v volatile */
  readonly provolatile: string;
  readonly proretset: boolean;
  /** Settings for its run: `search_path=pg_catalog, pg_temp`. */
  readonly proconfig: readonly string[];
  readonly lanname: string;
  /** Its body as it was written, or, of one written as BEGIN ATOMIC, as PostgreSQL prints it. */
  readonly prosrc: string;
  readonly rettype: string;
  readonly argtypes: readonly string[];
  /** Their names, '' for one without. */
  readonly argnames: readonly string[];
  readonly pronargdefaults: number;
  /** As PostgreSQL prints them; null for an argument without one. */
  readonly argdefaults: readonly (string | null)[];
  /** The oid of the relations that a body of BEGIN ATOMIC reads; those of a text are not recorded. */
  readonly dependsOn: readonly number[];
  /** The oid of the functions that an aggregate is made of: whoever may call it may have them called. */
  readonly aggregates: readonly number[];
  readonly proacl: Acl;
}

/** Settings that sessions start with. */
export interface RoleSetting {
  /** Null for every role of the database. */
  readonly rolname: string | null;
  /** Only for sessions of this database, and not of all. */
  readonly thisDatabase: boolean;
  /** `name=value` each. */
  readonly setconfig: readonly string[];
}

/** What future objects of a role will be granted. */
export interface DefaultPrivilege {
  readonly defaclrole: string;
  /** Null for every schema. */
  readonly nspname: string | null;
  /** r relations, S sequences, f functions, T types, n schemas */
  readonly defaclobjtype: string;
  readonly defaclacl: Acl;
}

/** A table that a logical publication carries. */
export interface PublishedTable {
  readonly pubname: string;
  readonly nspname: string;
  readonly relname: string;
  readonly rowfilter: string | null;
}

export interface Extension {
  readonly extname: string;
  readonly extversion: string;
  readonly nspname: string;
  /** What is granted on its functions that open a connection to any server: those of dblink. */
  readonly connectacl: Acl;
}

/**
 * What is granted on something of PostgreSQL's own beyond what initdb granted: a relation or a function of pg_catalog, or a
 * parameter (PostgreSQL 15+); and on a foreign server or a foreign-data wrapper.
 */
export interface SystemGrant {
  readonly kind: 'relation' | 'function' | 'parameter' | 'server' | 'wrapper';
  /** Of a function with the types of its arguments. */
  readonly name: string;
  /** Null for a parameter. */
  readonly owner: string | null;
  readonly acl: Acl;
}
