import { sameSet } from '../../domain/same-set.ts';
import { constraintsOf, findRelation, foreignKeysOf } from '../../catalog/lookup.ts';
import { indexedColumns, isNatural } from '../../catalog/natural-key.ts';
import type { Index } from '../../catalog/snapshot.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { decidesOwner } from './material.ts';

/** A key that holds for all tenants at once: a value that one has taken, no other can take. */
export interface GlobalKey {
  readonly index: Index;
  readonly columns: readonly string[];
  /** Whether people choose its values; ids that a machine gives out are not guessed. */
  readonly natural: boolean;
  /** The model says that it holds for all on purpose. */
  readonly declared: boolean;
  readonly deferrable: boolean;
}

/** The unique keys and exclusions of a target's table that do not hold the owner, as far as they are about columns. */
export function globalKeys({ snapshot, intent }: RunInput, target: Target): readonly GlobalKey[] {
  const base = findRelation(snapshot, target.truth.from);
  if (base === undefined) return [];
  const declared =
    intent.relations.find(({ schema, name }) => schema === base.nspname && name === base.relname)?.oracles ?? [];
  const pointers = new Set(foreignKeysOf(snapshot, base).flatMap(({ columns }) => columns));
  return snapshot.indexes
    .filter(
      ({ indrelid, indisunique, indisexclusion, indisvalid }) =>
        indrelid === base.oid && (indisunique || indisexclusion) && indisvalid,
    )
    .flatMap((index): GlobalKey[] => {
      const columns = indexedColumns(base, index);
      if (columns.length === 0 || columns.some((column) => decidesOwner(target, column))) return [];
      const natural = columns.every((column) => isNatural(base, column, index, pointers));
      const deferrable = constraintsOf(snapshot, base).some(
        (one) => one.condeferrable && one.conname === index.relname,
      );
      return [{ index, columns, natural, deferrable, declared: declared.some((key) => sameSet(key, columns)) }];
    });
}
