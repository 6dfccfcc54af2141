import type { Target } from '../target.ts';
import type { Attack } from './attacks.ts';

/** What an attack did to rows that its subject may not write. */
export interface Effect {
  readonly subject: string;
  readonly kind: Attack['kind'];
  /** Rows of others that it changed, deleted or took over. */
  readonly foreign: number;
  /** Shared rows that it changed, deleted, took over or added. */
  readonly shared: number;
  /** Rows that it stored for others. */
  readonly planted: number;
  /** It was refused, but only because rows of others are there: the answer tells so. */
  readonly tells: boolean;
  /** A constraint refused the row after the policies had let it pass: the effect was not stored. */
  readonly stoppedByConstraint: boolean;
  /** The subject cannot SELECT the rows of others that it reached. */
  readonly hidden: boolean;
  readonly statement: string;
}

/** Why an attack did not come to an answer. */
export interface Obstacle {
  readonly subject: string;
  readonly reason: string;
  /** The attack for which the subject lacks rows, and which another subject may have covered; null where the obstacle is of another kind. */
  readonly lacking: Attack['kind'] | null;
}

/** What a subject learned from a key about a row that it cannot see, or did to it through the key. */
export interface KeyEffect {
  readonly subject: string;
  readonly key: string;
  readonly columns: readonly string[];
  /** `told`: the value is taken. `ran`: code of the statement ran on the hidden row. `wrote`: the hidden row was changed. */
  readonly did: 'told' | 'ran' | 'wrote';
  readonly rows: number;
  /** The model says that the key holds for all on purpose. */
  readonly declared: boolean;
  readonly statement: string;
}

export interface KeysOfScene {
  readonly reached: number;
  readonly effects: readonly KeyEffect[];
  readonly obstacles: readonly string[];
}

export interface WritesOfTarget {
  readonly target: Target;
  /** Attacks that came to an answer. */
  readonly reached: number;
  readonly effects: readonly Effect[];
  readonly obstacles: readonly Obstacle[];
  readonly keys: KeysOfScene;
}
