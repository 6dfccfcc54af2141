import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import type { Privileges } from './privileges.ts';
import type { ProbeSession } from './session.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';

/** The settings of a session that works for a subject. */
export type SubjectContext = (subject: string) => SessionSettings;

/** What every probe of one app role works with. */
export interface RunInput {
  readonly session: ProbeSession;
  readonly intent: Intent;
  readonly snapshot: CatalogSnapshot;
  readonly privileges: ReadonlyMap<number, Privileges>;
  readonly targets: readonly Target[];
  /** What the database has and the model does not name. */
  readonly unmodelled: readonly Relation[];
  /** The subjects to look at; never more than the model has. */
  readonly subjects: readonly string[];
  /** Subjects are users with memberships, and not tenants. */
  readonly membership: boolean;
  /** What a subject is called: tenant, or user. */
  readonly noun: string;
  readonly contextOf: SubjectContext;
  /** Settings of every transaction that tries a write. */
  readonly writeSettings: SessionSettings;
  readonly tally: Tally;
  readonly progress: (label: string) => void;
}
