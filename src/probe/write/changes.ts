import { checksOf, foreignKeysOf, primaryKeyOf } from '../../catalog/lookup.ts';
import type { Column } from '../../catalog/snapshot.ts';
import { conditionsIn } from '../../sql/conditions.ts';
import { quotedIn } from '../../sql/literals.ts';
import { mentions } from '../../sql/mentions.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { decidesOwner, type Material, type Row, type Sample, storedColumns } from './material.ts';

/** An own row, and other values for some of its columns. */
export interface Change {
  readonly row: Sample;
  readonly changes: Row;
}

/** Columns that are given values of others, beside those that code waits for. */
const columnsTried = 4;
/** Values that are tried of a column that code waits for, and changes in all. */
const [valuesTried, changesTried] = [3, 9];

/**
 * What may set off code of users that runs in a write: values that others have, as code may look for rows with the same value,
 * and for columns that triggers or rules ask for, values that they name.
 */
export function changesOfOwn(
  run: RunInput,
  target: Target,
  { own, foreign }: Material,
  granted: readonly string[],
): readonly Change[] {
  const [first] = own;
  if (first === undefined) return [];
  const code = codeOf(run, target);
  const pointers = new Set(foreignKeysOf(run.snapshot, target.relation).flatMap(({ columns }) => columns));
  const columns = storedColumns(run, target).filter(
    ({ attname, attgenerated }) =>
      attgenerated === '' && granted.includes(attname) && !pointers.has(attname) && !decidesOwner(target, attname),
  );
  // Code names the row that it is about.
  const key = primaryKeyOf(run.snapshot, target.relation);
  const theirs = columns.flatMap(({ attname }) => {
    const value = foreign.map(({ row }) => row[attname]).find((one) => one && one !== first.row[attname]);
    return value ? [{ row: first, changes: { [attname]: value } }] : [];
  });
  const isAwaited = (name: string): boolean => asksFor(code.texts, name) && !key.includes(name);
  const awaited = columns
    .filter(({ attname }) => isAwaited(attname))
    .flatMap((column) => awaitedChanges(column, code, own).slice(0, valuesTried));
  const asks = ({ changes }: Change): boolean => Object.keys(changes).every(isAwaited);
  const others = theirs.filter((change) => !asks(change)).slice(0, columnsTried);
  return distinct([...theirs.filter(asks), ...awaited, ...others]).slice(0, changesTried);
}

/** The first that gives a column a value. */
function distinct(changes: readonly Change[]): readonly Change[] {
  return [...new Map(changes.toReversed().map((one) => [JSON.stringify(one.changes), one])).values()].reverse();
}

interface Code {
  /** Definitions of triggers and rules, and the bodies of what they call. */
  readonly texts: readonly string[];
  /** The single conditions in them, and in checks of the table. */
  readonly conditions: readonly string[];
}

function codeOf({ snapshot }: RunInput, { relation }: Target): Code {
  const triggers = snapshot.triggers.filter(
    ({ tgrelid, tgenabled }) => tgrelid === relation.oid && 'OA'.includes(tgenabled),
  );
  const called = new Set(triggers.map(({ tgfoid }) => tgfoid));
  const texts = [
    ...triggers.map(({ definition }) => definition),
    ...snapshot.functions.filter(({ oid }) => called.has(oid)).map(({ prosrc }) => prosrc),
    ...snapshot.rules.filter(({ ev_class: on }) => on === relation.oid).map(({ definition }) => definition),
  ];
  const checks = checksOf(snapshot, relation).map(({ definition }) => definition);
  return { texts, conditions: [...texts, ...checks].flatMap(conditionsIn) };
}

/** Whether code asks what a column holds, or is run where it is set. */
function asksFor(texts: readonly string[], name: string): boolean {
  return texts.some(
    (text) =>
      mentions(text, name, '(?:[nN][eE][wW]|[oO][lL][dD])\\."?') ||
      mentions(/\bUPDATE OF (.*?) ON /.exec(text)?.[1] ?? '', name),
  );
}

function awaitedChanges(column: Column, code: Code, own: readonly Sample[]): readonly Change[] {
  const { attname } = column;
  const named = code.conditions
    .filter((condition) => mentions(condition, attname))
    .flatMap((condition) => valuesIn(column, condition));
  const toNamed = [...new Set(named)].flatMap((value) => {
    // A change from one value that is named to another is what most code waits for.
    const rows = own.filter(({ row }) => (row[attname] ?? null) !== value);
    const row = rows.find((sample) => named.includes(sample.row[attname] ?? '')) ?? rows[0];
    return row === undefined ? [] : [{ row, changes: { [attname]: value } }];
  });
  const toOthers = own.flatMap((row) =>
    otherThan(column, row.row).map((value) => ({ row, changes: { [attname]: value } })),
  );
  return distinct([...toNamed, ...toOthers]);
}

const numeric = /^(smallint|integer|bigint|numeric|real|double precision)/;
const textual = /^(text|character varying|character|citext)/;
const temporal = /^(timestamp|date)/;

/** Constants of a condition, and of a number those beside it. */
function valuesIn({ type }: Column, condition: string): readonly string[] {
  if (type === 'boolean') return ['true', 'false'];
  if (!numeric.test(type)) return quotedIn(condition);
  const numbers = [...condition.matchAll(/(?<![\w$.])-?\d+(?:\.\d+)?(?![\w.])/g)].map(([text]) => Number(text));
  return numbers.flatMap((number) => [number + 1, number, number - 1]).map(String);
}

/** A value that a column does not have, where one can be made of that which it has. */
function otherThan({ attname, attnotnull, type }: Column, row: Row): readonly (string | null)[] {
  const value = row[attname] ?? null;
  // What code does with earlier rows, or later ones, it does with all of them.
  if (temporal.test(type)) return value === null ? ['2024-01-08'] : ['2099-12-31', attnotnull ? '1970-01-01' : null];
  if (numeric.test(type)) return [value === null ? '1' : String(Number(value) + 1)];
  return textual.test(type) ? [`${value ?? ''}x`] : [];
}
