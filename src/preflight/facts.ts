import type { RowhouseError } from '../domain/errors.ts';
import type { LockHolder } from '../postgres/advisory-lock.ts';
import type { OpenTransaction } from '../postgres/open-transactions.ts';
import type { Pooling } from '../postgres/pooling.ts';
import type { WalArchive } from '../postgres/wal-archive.ts';
import type { QualifiedName } from '../sql/ident.ts';
import type { Known } from './known.ts';
import type { Work } from './work.ts';

/** All that the checks judge by. */
export interface Facts {
  readonly server: ServerFacts;
  readonly pooling: Pooling;
  /** The run that is under way. */
  readonly running: LockHolder | null;
  /** Why a run would not begin, by what was applied before; null where it would, or nobody has asked. */
  readonly objection: RowhouseError | null;
  readonly work: Known<Work>;
  /** By the name that a pending file writes. */
  readonly relations: Known<ReadonlyMap<string, RelationFacts>>;
  readonly privileges: Known<Privileges>;
  readonly replication: Known<ReplicationFacts>;
  readonly archive: Known<WalArchive>;
  readonly transactions: Known<readonly OpenTransaction[]>;
  readonly invalidIndexes: Known<readonly InvalidIndex[]>;
  readonly triggers: Known<readonly FiringTrigger[]>;
  readonly freeSpace: Known<FreeSpace>;
  /** Rows a second of backfills, by the name of their file, as far as batches of them have been timed. */
  readonly rates: ReadonlyMap<string, number>;
}

export interface ServerFacts {
  readonly version: string;
  readonly versionNum: number;
  readonly standby: boolean;
  readonly user: string;
  readonly database: string;
  readonly superuser: boolean;
  readonly bypassesRls: boolean;
  /** As a session of this role begins with them here; what it may not see is not there. Numbers are in `unit`s. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** The address that we have reached; null over a socket of this machine. */
  readonly address: string | null;
  readonly systemIdentifier: string;
}

export interface Setting {
  readonly value: string;
  /** Bytes of one unit, where the setting is a size. */
  readonly bytes: number | null;
}

/** A relation that pending files lock or fill, with its partitions. */
export interface RelationFacts extends QualifiedName {
  readonly oid: number;
  readonly owner: string;
  /** Whether this role has what its owner has. */
  readonly ours: boolean;
  readonly mayUpdate: boolean;
  /** Whether row-level security binds this role here. */
  readonly bound: boolean;
  readonly forced: boolean;
  readonly heapBytes: number;
  /** With its indexes, and what lies outside of its rows. */
  readonly totalBytes: number;
  /** The planner's estimate, or a count; null where nothing is known. */
  readonly rows: number | null;
  /** 0 is that of the database. */
  readonly tablespace: number;
  readonly autovacuumOff: boolean;
  /** Publications that send its rows on. */
  readonly publications: readonly string[];
}

export interface Privileges {
  /** Whether this role may make objects in a schema that is there; the empty name is where unqualified ones go. */
  readonly schemas: ReadonlyMap<string, boolean>;
  /** Whether this role may become another one that is there. */
  readonly roles: ReadonlyMap<string, boolean>;
  readonly createSchemas: boolean;
  /** Whether the schema `rowhouse` is there. */
  readonly hasHistory: boolean;
  readonly createRoles: boolean;
}

export interface ReplicationFacts {
  readonly slots: readonly Slot[];
  readonly replicas: readonly Replica[];
  /** Whether this role may see how replicas are. */
  readonly visible: boolean;
}

export interface Slot {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly active: boolean;
  /** Bytes of WAL that it keeps. */
  readonly keeps: number | null;
  /** Transactions since the oldest one whose rows it keeps from being removed. */
  readonly oldRows: number | null;
}

export interface Replica {
  readonly name: string;
  readonly state: string | null;
  readonly synchronous: boolean;
  /** Bytes of WAL that it has not replayed. */
  readonly lag: number | null;
  /** Transactions since the oldest one that it still looks at, by hot_standby_feedback. */
  readonly oldRows: number | null;
}

export interface InvalidIndex extends QualifiedName {
  readonly table: QualifiedName;
  /** Whether somebody builds it at this moment. */
  readonly building: boolean;
}

/** Where a server writes, and how much room is left there. */
export interface Place {
  readonly path: string;
  /** Two places of one device share its room. */
  readonly device: number;
  readonly free: number;
}

export interface FreeSpace {
  /** By tablespace; 0 is that of the database. */
  readonly tables: ReadonlyMap<number, Place>;
  readonly wal: Place;
}

/** A trigger that a backfill fires. */
export interface FiringTrigger {
  /** The backfill, by the name of its file. */
  readonly backfill: string;
  readonly relation: string;
  readonly trigger: string;
}
