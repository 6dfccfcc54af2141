import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import type { Model } from '../model/model.ts';

/** Where the model and the database do not fit each other. */
export interface Mismatch {
  /** The place in the model, such as `tables[public.tools].column`. */
  readonly at: string;
  readonly message: string;
  /** Something is not there: it may come with a migration. */
  readonly absent: boolean;
}

/** One error for all that does not fit. */
export function mismatchError(model: Model, snapshot: CatalogSnapshot, mismatches: readonly Mismatch[]): RowhouseError {
  const lines = [...new Set(mismatches.map(({ at, message }) => `${model.path} ${at}: ${message}`))];
  const count = lines.length === 1 ? 'one place' : `${lines.length} places`;
  return new RowhouseError(
    'configuration',
    'model-mismatch',
    `The model ${model.path} does not fit the database ${snapshot.database} in ${count}.`,
    {
      detail: lines.join('\n'),
      hint: 'Mend the model where it is wrong; where a migration has yet to make something, run it first.',
    },
  );
}
