import type { Command } from '../access/policies.ts';
import type { QualifiedName } from '../sql/ident.ts';
import type { Question } from './question.ts';
import type { Row, Term } from './term.ts';

/**
 * What must not be possible:
 *
 * - `sees`: a foreign row is visible
 * - `hides`: a row that is the subject's, or shared with it, is not
 * - `changes`, `removes`: a row that is not the subject's to write is updated or deleted
 * - `tells`: an UPDATE comes upon a foreign row, which its refusal then tells of
 * - `makes`: a row is inserted that is not the subject's to write
 * - `moves`: a row of the subject's becomes one that is not
 * - `refuses`: of all rows that are the subject's to write, the policies of a command let none pass
 */
export type ClaimKind = 'sees' | 'hides' | 'changes' | 'tells' | 'removes' | 'makes' | 'moves' | 'refuses';

/** One thing that must not be possible for a role on a relation, in sessions of a kind. */
export interface Claim {
  readonly relation: QualifiedName;
  readonly role: string;
  readonly command: Command;
  readonly kind: ClaimKind;
  /** Whether the session says whom it works for. */
  readonly session: 'subject' | 'nobody';
  /** An id that nobody has, by which a session without a context may go: rows of that id are no tenant's. */
  readonly stranger?: string | null;
  /** Null where the role has not the privilege: then there is nothing to ask. */
  readonly question: Omit<Question, 'session'> | null;
  /** Where this is impossible already, so is what is asked. */
  readonly enough?: Claim['question'];
  /** Where this is possible, what is asked may be too: a policy that asks for more than whose a row is may refuse some on purpose. */
  readonly some?: Claim['question'];
  /** Where this is possible too, its example says more: one that a trigger does not fill in. */
  readonly better?: Claim['question'];
  /** The same rows, where a trigger may write columns that the role may not; null where there is none. */
  readonly rewritten?: Question['rows'] | null;
  /** Why a row that makes it possible shows no fault; null where it does. */
  readonly excuse?: string | null;
  /** For what is written: what the columns of the row's table are called where it is written through. */
  readonly called?: ReadonlyMap<string, string>;
  /** The row in question: as it becomes, for a change. */
  readonly row: Row | null;
  /** Whether that row is foreign, and not only shared. */
  readonly foreign: Term | null;
}
