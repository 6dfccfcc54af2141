import type { ViewModel } from '../model/model.ts';
import type { Scene } from './scene.ts';

/** One change of a database, as SQL that the truth role runs in a transaction that is rolled back. */
export interface Change {
  /** Tells apart the changes of one class: `for-update`. */
  readonly variant: string;
  /** What it concerns, as findings name it: `schema.relation`, or `role:name`. */
  readonly object: string;
  readonly sql: string;
  /** The relations at which the probes must look, as `schema.relation`. */
  readonly relations: readonly string[];
  /** Whether the probes call functions too. */
  readonly calls?: boolean;
  /** The app role as which they look; the first where left out. */
  readonly role?: string;
  /** What the model says of a view that the change makes. */
  readonly views?: readonly ViewModel[];
  /** Further rules that are right about this one. */
  readonly foundBy?: readonly string[];
}

/** Leaks of one class of the checklist, planted where a database has a place for them. One class, one file, one id. */
export interface Mutation {
  /** The class, and the rule that is named after it. */
  readonly id: string;
  /** The rules that are right about it beside its own. */
  readonly foundBy: readonly string[];
  /** What a database needs to have a place for it, in one sentence. */
  readonly needs: string;
  /** A few changes, each of which opens the leak. */
  readonly plant: (scene: Scene) => Iterable<Change>;
}

/** Changes that look like leaks of some class and are none: what they raise are false alarms. */
export interface Harmless {
  readonly id: string;
  readonly plant: (scene: Scene) => Iterable<Change>;
}
