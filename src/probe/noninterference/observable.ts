import type { Rule } from '../../domain/rule.ts';
import type { Reach } from '../functions/dependencies.ts';

/** Something that the app role can ask, whose answer must not depend on rows of others. */
export interface Observable {
  /** As findings name it: `schema.relation`, `schema.function(types)`, `query:queries/x.sql`. */
  readonly object: string;
  readonly kind: 'relation' | 'function' | 'query';
  /** What a difference is called. */
  readonly rule: Rule;
  readonly reach: Reach;
  /** Nothing but rows can clear it: it reads past row-level security without asking for the context, or is a query that should show some. */
  readonly suspect: boolean;
  /** An item of FROM under the alias `t`, with its parameters. */
  readonly from: string;
  readonly values: readonly (string | null)[];
  /** The row as SQL over that alias. */
  readonly row: string;
  /** A call that the model lists may write. Everything else is observed where nothing can be written. */
  readonly mayWrite: boolean;
  /** How the call is written, for a function. */
  readonly call: string | null;
  /** Why equal answers would prove nothing, or null. */
  readonly obstacle: string | null;
}

/** A function that the app role may call, and that was not called. */
export interface NotCalled {
  readonly object: string;
  readonly reason: string;
  /** Nothing else says that it is harmless. */
  readonly suspect: boolean;
}

/** What did not come to an answer. */
export interface Unreached {
  readonly ruleId: string;
  readonly object: string;
  readonly reason: string;
  /** The app role lacks a privilege: another one may have it. */
  readonly denied?: boolean;
}
