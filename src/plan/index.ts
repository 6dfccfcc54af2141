import { mismatchError } from '../intent/mismatch.ts';
import { findDoubts } from './doubts.ts';
import { findNotes } from './notes.ts';
import { planFiles, type PlannedFile } from './files.ts';
import { wantedPolicies } from './policies.ts';
import type { Situation } from './situation.ts';
import type { Doubt, Note } from './step.ts';
import { policyFile, type PolicyFile } from './policy-file.ts';

export interface Plan {
  readonly files: readonly PlannedFile[];
  /** `policies/<table>.sql` for tables whose file nobody has edited. */
  readonly policies: readonly PolicyFile[];
  /** While there is one, nothing is to be written. */
  readonly doubts: readonly Doubt[];
  readonly notes: readonly Note[];
}

/**
 * What is between a database and its model, as files: pure, from data read before.
 *
 * @param lastNumber the number of the last migration that there is
 * @throws RowhouseError `model-mismatch`, where the model names what the database does not have
 */
export function planConversion(situation: Situation, lastNumber: number): Plan {
  const doubts = findDoubts(situation);
  const files = doubts.length > 0 ? [] : planFiles(situation, lastNumber);
  const policies = wantedPolicies(situation).flatMap((wanted) => policyFile(situation, wanted) ?? []);
  const { mismatches } = situation.reality;
  if (mismatches.length > 0) throw mismatchError(situation.model, situation.snapshot, mismatches);
  return { files, policies, doubts, notes: findNotes(situation) };
}
