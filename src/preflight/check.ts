import type { ErrorKind } from '../domain/errors.ts';
import type { Facts } from './facts.ts';

/**
 * - `ok`: looked at, and fine
 * - `warning`: a run may go on, and somebody should know
 * - `refused`: a run would fail, or do harm
 * - `unknown`: it could not be looked at, and why
 */
export type Outcome = 'ok' | 'warning' | 'refused' | 'unknown';

export interface Verdict {
  readonly outcome: Outcome;
  /** One sentence: what is so. */
  readonly message: string;
  /** What it was seen on, a line each. */
  readonly details?: readonly string[];
  /** What to do about it, as a sentence. */
  readonly advice?: string;
  /** The statements that do it. */
  readonly sql?: readonly string[];
  /** As what a run would end that is refused; a failure of the database where nothing is said. */
  readonly kind?: ErrorKind;
}

/** One thing that can be wrong with a database before a run. */
export interface Check {
  readonly id: string;
  /** What it looks at. */
  readonly looksAt: string;
  /** Whether a run makes it too, before it changes anything. */
  readonly beforeRun: boolean;
  /** @throws NotKnown where a fact that it needs could not be learned */
  readonly judge: (facts: Facts) => Verdict;
}

type More = Omit<Verdict, 'outcome' | 'message'>;

export function ok(message: string, more: More = {}): Verdict {
  return { outcome: 'ok', message, ...more };
}

export function warning(message: string, more: More = {}): Verdict {
  return { outcome: 'warning', message, ...more };
}

export function refused(message: string, more: More = {}): Verdict {
  return { outcome: 'refused', message, ...more };
}

export function unknown(message: string, more: More = {}): Verdict {
  return { outcome: 'unknown', message, ...more };
}
