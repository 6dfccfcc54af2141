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
 * - `makes`: a row is inserted that is not the subject's to write
 * - `moves`: a row of the subject's becomes one that is not
 */
export type ClaimKind = 'sees' | 'hides' | 'changes' | 'removes' | 'makes' | 'moves';

/** One thing that must not be possible for a role on a relation, in sessions of a kind. */
export interface Claim {
  readonly relation: QualifiedName;
  readonly role: string;
  readonly command: Command;
  readonly kind: ClaimKind;
  /** Whether the session says whom it works for. */
  readonly session: 'subject' | 'nobody';
  /** Null where the role has not the privilege: then there is nothing to ask. */
  readonly question: Omit<Question, 'session'> | null;
  /** Where this is impossible already, so is what is asked. */
  readonly enough?: Claim['question'];
  /** The same rows, where a trigger may write columns that the role may not; null where there is none. */
  readonly rewritten?: Question['rows'] | null;
  /** The row in question: as it becomes, for a change. */
  readonly row: Row | null;
  /** Whether that row is foreign, and not only shared. */
  readonly foreign: Term | null;
}
