import type { RelationAccess } from '../access/matrix.ts';
import { checkOf, usingOf, type Command } from '../access/policies.ts';
import { descendantsOf, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation, Trigger } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { mayDisturb } from './disturbance.ts';
import type { AskedRow } from './question.ts';
import { troubleAt, type Place, type Reader } from './scope.ts';
import { failureIn, newRow, unknown, yes, type Row, type Term } from './term.ts';
import { effectiveTerm, within } from './visible.ts';

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
  const trouble = troubleAt(place);
  return trouble === null ? (failureIn(term) ?? term) : unknown('bool', trouble);
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

/** What goes another way than a command says, in words: a rule, or a trigger that changes whom the session is for; null where nothing does. */
export function detourOf(
  snapshot: CatalogSnapshot,
  relation: Relation,
  command: Exclude<Command, 'select'>,
): string | null {
  const { event, rule } = events[command];
  const name = formatQualified(nameOf(relation));
  const isRuled = snapshot.rules.some(
    ({ ev_class, ev_type, ev_enabled }) => ev_class === relation.oid && ev_type === rule && ev_enabled !== 'D',
  );
  if (isRuled) return `a rule of ${name}`;
  const before = triggersOf(snapshot, relation, event).filter(({ tgtype }) => (tgtype & triggerBits.before) !== 0);
  const disturbing = before.find(({ tgfoid }) => {
    const routine = snapshot.functions.find(({ oid }) => oid === tgfoid);
    return routine !== undefined && mayDisturb(snapshot, routine);
  });
  return disturbing === undefined ? null : `the trigger ${disturbing.tgname} of ${name}, which may change the session`;
}

const events = {
  insert: { event: 4, rule: '3' },
  update: { event: 16, rule: '2' },
  delete: { event: 8, rule: '4' },
} as const;

export const triggerBits = { row: 1, before: 2, insert: 4, delete: 8, update: 16, instead: 64 } as const;

/** Whether a trigger of a table, or of one of its heirs, may change a row before an INSERT or UPDATE stores it. */
export function isRewrittenBy(snapshot: CatalogSnapshot, relation: Relation, event: number): boolean {
  const both = triggerBits.row | triggerBits.before;
  return triggersOf(snapshot, relation, event).some(({ tgtype }) => (tgtype & both) === both);
}

/** The triggers for an event on a table, or on one of its heirs. */
function triggersOf(snapshot: CatalogSnapshot, relation: Relation, event: number): readonly Trigger[] {
  const tables = new Set([relation, ...descendantsOf(snapshot, relation)].map(({ oid }) => oid));
  return snapshot.triggers.filter(
    ({ tgrelid, tgtype, tgenabled }) => tables.has(tgrelid) && (tgtype & event) !== 0 && tgenabled !== 'D',
  );
}
