import type { Phase } from '../domain/phase.ts';
import type { QualifiedName } from '../sql/ident.ts';
import type { Situation } from './situation.ts';

/** What one table needs of one kind of step: data, which says nothing of files. */
export interface Step {
  /** The table that it is for; null for what belongs to none. */
  readonly table: QualifiedName | null;
  /** Statements in order, without semicolons. */
  readonly up: readonly string[];
  /** What takes them back, in the order in which it runs. A rollback of a half-done file begins at its first statement too. */
  readonly down: readonly string[];
  /** Sentences for whoever reviews it, beside what the kind says. */
  readonly notes?: readonly string[];
  /** What the lint of migrations would say of its statements, and why they may stay. */
  readonly allows?: { readonly up?: readonly Allowance[]; readonly down?: readonly Allowance[] };
}

/** An exception from a rule of the lint of migrations. */
export interface Allowance {
  readonly rule: string;
  readonly reason: string;
}

/** A kind of step: how its statements run, and what a DBA wants to know of them. */
export interface StepKind {
  /** Its part of file names: `tenant_columns`. */
  readonly id: string;
  readonly phase: Phase;
  /**
   * - `transaction`: a file for each table, all of it at once
   * - `statements`: one file for all tables, a statement at a time, so that no two tables are locked at once
   * - `backfill`: a file for each table, in batches
   */
  readonly run: 'transaction' | 'statements' | 'backfill';
  /** What it does, as the first sentences of the file. */
  readonly does: string;
  readonly locks: string;
  readonly rows: string;
  /** What the way back does, where that is not plain. */
  readonly undoes?: string;
  readonly plan: (situation: Situation) => readonly Step[];
}

/** Something that nobody but the user can decide: nothing is written while there is one. */
export interface Doubt {
  readonly object: string;
  readonly message: string;
  readonly hint: string;
}

/** Something that stays as it is, and why it matters. */
export interface Note {
  readonly object: string;
  readonly message: string;
}
