import type { RelationAccess } from '../access/matrix.ts';
import { checkOf, usingOf, type Command } from '../access/policies.ts';
import { descendantsOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { AskedRow } from './question.ts';
import { printedPlace, type Reader } from './scope.ts';
import { failureIn, newRow, unknown, yes, type Row, type Term } from './term.ts';
import { effectiveTerm, within } from './translate-query.ts';

/** A row as a command meets it: one that is there passes `using`, and one that it makes `check`. */
export interface Met {
  readonly command: Command;
  readonly part: 'using' | 'check';
  readonly row: Row;
}

/** The condition under which row-level security lets a role's command have a row. */
export function passes(
  reader: Reader,
  { relation, rowSecurity, policies }: RelationAccess,
  role: string,
  { command, part, row }: Met,
): Term {
  if (rowSecurity !== 'bound') return yes;
  const place = within(printedPlace(role), relation.oid);
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

export function versionsOf(snapshot: CatalogSnapshot, { relation, privileges }: RelationAccess): Versions {
  const [before, after] = [newRow(relation), newRow(relation)];
  const rowsWith = (columns: readonly string[]): readonly AskedRow[] => [
    { row: before, stored: true },
    { row: after, stored: false, of: { row: before, changeable: new Set(columns) } },
  ];
  // What PostgreSQL generates follows from the rest.
  const generated = relation.columns.filter(({ attgenerated }) => attgenerated !== '').map(({ attname }) => attname);
  const tables = new Set([relation, ...descendantsOf(snapshot, relation)].map(({ oid }) => oid));
  const isRewritten = snapshot.triggers.some(
    ({ tgrelid, tgtype, tgenabled }) => tables.has(tgrelid) && isBeforeUpdate(tgtype) && tgenabled !== 'D',
  );
  return {
    before,
    after,
    rows: rowsWith([...privileges.columns.UPDATE, ...generated]),
    rewritten: isRewritten ? rowsWith(relation.columns.map(({ attname }) => attname)) : null,
  };
}

/** Whether a trigger fires before an UPDATE, for each row. */
function isBeforeUpdate(tgtype: number): boolean {
  return (tgtype & (1 | 2)) === 3 && (tgtype & 16) !== 0;
}
