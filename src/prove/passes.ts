import type { RelationAccess } from '../access/matrix.ts';
import { checkOf, usingOf, type Command } from '../access/policies.ts';
import { descendantsOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { AskedRow } from './question.ts';
import type { Place, Reader } from './scope.ts';
import { failureIn, newRow, unknown, yes, type Row, type Term } from './term.ts';
import { effectiveTerm, within } from './translate-query.ts';

/** A row as a command meets it: one that is there passes `using`, and one that it makes `check`. */
export interface Met {
  readonly command: Command;
  readonly part: 'using' | 'check';
  readonly row: Row;
}

/** The condition under which row-level security lets a command have a row, where it is done as `by`. */
export function passes(
  reader: Reader,
  { relation, rowSecurity, policies }: RelationAccess,
  by: Place,
  { command, part, row }: Met,
): Term {
  if (rowSecurity !== 'bound') return yes;
  const place = within(by, relation.oid);
  const term = effectiveTerm(reader, row, place, policies[command], part === 'using' ? usingOf : checkOf);
  // What was read of it is too much to tell the solver.
  if (place.budget.left < 0) return unknown('bool', 'an expression that is too large');
  return failureIn(term) ?? term;
}

/** A row before an UPDATE of a role, and after it. */
export interface Versions {
  readonly before: Row;
  readonly after: Row;
  readonly rows: readonly AskedRow[];
  /** The same rows, where a trigger may write columns that the role may not; null where there is none. */
  readonly rewritten: readonly AskedRow[] | null;
}

/** @param changeable the columns that the role may set */
export function versionsOf(snapshot: CatalogSnapshot, relation: Relation, changeable: readonly string[]): Versions {
  const [before, after] = [newRow(relation), newRow(relation)];
  const rowsWith = (columns: readonly string[]): readonly AskedRow[] => [
    { row: before, stored: true },
    { row: after, stored: false, of: { row: before, changeable: new Set(columns) } },
  ];
  // What PostgreSQL generates follows from the rest.
  const generated = relation.columns.filter(({ attgenerated }) => attgenerated !== '').map(({ attname }) => attname);
  return {
    before,
    after,
    rows: rowsWith([...changeable, ...generated]),
    rewritten: isRewrittenBy(snapshot, relation, triggerBits.update)
      ? rowsWith(relation.columns.map(({ attname }) => attname))
      : null,
  };
}

export const triggerBits = { insert: 4, delete: 8, update: 16, instead: 64 } as const;

/** Whether a trigger of a table, or of one of its heirs, may change a row before an INSERT or UPDATE stores it. */
export function isRewrittenBy(snapshot: CatalogSnapshot, relation: Relation, event: number): boolean {
  const tables = new Set([relation, ...descendantsOf(snapshot, relation)].map(({ oid }) => oid));
  const [row, before] = [1, 2];
  return snapshot.triggers.some(
    ({ tgrelid, tgtype, tgenabled }) =>
      tables.has(tgrelid) &&
      (tgtype & row) !== 0 &&
      (tgtype & before) !== 0 &&
      (tgtype & event) !== 0 &&
      tgenabled !== 'D',
  );
}
