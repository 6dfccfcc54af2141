import type pg from 'pg';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import type { AskedQuery, ListedCalls } from './asked.ts';
import type { Privileges } from './privileges.ts';
import type { ProbeSession } from './session.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';
import type { TimeLimit } from './time-limit.ts';

/** The settings of a session that works for a subject. */
export type SubjectContext = (subject: string) => SessionSettings;

/** What the reading for all subjects is expected to cost. */
export interface Estimate {
  readonly relations: number;
  readonly subjects: number;
  /** Rows of all relations, as statistics tell. */
  readonly rows: number;
  readonly seconds: number;
  /** Relations of which every subject costs a scan of many rows, since no index serves the policy. */
  readonly scanned: readonly string[];
}

/** What every probe of one app role works with. */
export interface RunInput {
  readonly session: ProbeSession;
  readonly intent: Intent;
  readonly snapshot: CatalogSnapshot;
  readonly privileges: ReadonlyMap<number, Privileges>;
  readonly targets: readonly Target[];
  /** What the database has and the model does not name. */
  readonly unmodelled: readonly Relation[];
  /** Schemas that are another system's. */
  readonly unmanaged: ReadonlySet<string>;
  /** The subjects to look at; never more than the model has. */
  readonly subjects: readonly string[];
  /** Subjects are users with memberships, and not tenants. */
  readonly membership: boolean;
  /** What a subject is called: tenant, or user. */
  readonly noun: string;
  readonly contextOf: SubjectContext;
  /** Settings of every transaction that tries a write. */
  readonly writeSettings: SessionSettings;
  /** Whether what is read and what is written happens in one transaction: it holds rows that no other connection sees. */
  readonly writesHere?: boolean;
  /** Opens a new connection as the truth role, where there may be one. */
  readonly connect?: (() => Promise<pg.Client>) | undefined;
  /** Whether the truth role may switch triggers off, where `writeSettings` do not. */
  readonly canQuiet?: boolean;
  /** Queries of the application; null where only some relations are looked at, and then functions are not called either. */
  readonly queries: readonly AskedQuery[] | null;
  readonly listedCalls: readonly ListedCalls[];
  /** Further connections that see the same snapshot, to share the reading; none where there is but one. */
  readonly helpers: readonly ProbeSession[];
  /** Whether the app role may use plpgsql, by which it is asked for many subjects in one statement. */
  readonly blocks: boolean;
  readonly limits: { readonly statementTimeoutMs: number };
  readonly timeLimit: TimeLimit;
  readonly tally: Tally;
  /**
   * Says what is done next; `fraction`, 0 to 1, where it is known how much of a long step is done.
   * A step without a fraction ends here where the time is over; one with it minds the time limit itself.
   *
   * @throws TimeLimitReached
   */
  readonly progress: (label: string, fraction?: number) => void;
  /** Said once, before the long part begins. */
  readonly estimate: (estimate: Estimate) => void;
}
