import { checksOf, findColumn } from '../../catalog/lookup.ts';
import { assumeRole, assumeTruth, undone } from '../../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt, describeFailure, type Failure } from '../session.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import { type Cascade, cascades, valuesOfNone } from './cascade.ts';
import { lets } from './control.ts';
import { quietly } from './live.ts';
import { decidesOwner, pick, type Row, type Sample } from './material.ts';
import type { Reference } from './reference.ts';
import { insertableColumns, insertStatement, updateStatement } from './statements.ts';
import type { Statement } from './transaction.ts';
import { placeOf, takeAway } from './try.ts';

/** What a subject could do with a reference. */
export interface Crossing {
  readonly subject: string;
  /** `points`: its row points at a foreign row. `tells`: the refusal differs by whether there is such a row. */
  readonly did: 'points' | 'tells';
  readonly statement: string;
  /** How the owner of the row that it points at then changed or deleted it by what it did to its own; null where it did not. */
  readonly cascade: Cascade | null;
}

interface Rows {
  readonly own: readonly Sample[];
  /** Rows of the parent that are the subject's own. */
  readonly parents: readonly Sample[];
  /** Rows of the parent that are foreign to the subject. */
  readonly hidden: readonly Sample[];
}

export type TriedReference = { readonly crossing: Crossing | null } | { readonly obstacle: string };

/** A way to make a row of one's own point somewhere. */
interface Way {
  readonly to: (values: Row) => Statement;
  readonly row: Sample;
  /** What it takes leave of, since a check lets a row point at the one or the other. */
  readonly given: Row;
  /** It makes the row anew, so that the old one is out of the way. */
  readonly anew: boolean;
}

/** Tries one reference as one subject, with triggers and foreign keys on; null where it lacks rows or ways to try it. */
export async function tryReference(
  run: RunInput,
  reference: Reference,
  subject: string,
  { own, parents, hidden }: Rows,
): Promise<TriedReference | null> {
  const target = hidden.find((row) => canBePointedAt(reference, row));
  if (target === undefined) return null;
  const values = pointerTo(reference, target);
  const ownParent = parents.find((row) => canBePointedAt(reference, row));
  let last: Failure | null = null;
  let answered = false;
  for (const way of waysOf(run, reference, own)) {
    const tried = await point(run, reference, subject, way, values, target);
    if (tried.ok && tried.value.points) {
      const { cascade } = tried.value;
      return { crossing: { subject, did: 'points', statement: way.to(values).sql, cascade } };
    }
    const refused = tried.ok ? null : answerOf(tried.failure);
    if (!tried.ok && refused === null) {
      last = tried.failure;
      continue;
    }
    if (!(await controlled(run, reference, subject, way, ownParent))) {
      last ??= tried.ok ? null : tried.failure;
      continue;
    }
    answered = true;
    if (refused !== null && (await differsWhereMissing(run, reference, subject, way, refused))) {
      return { crossing: { subject, did: 'tells', statement: way.to(values).sql, cascade: null } };
    }
  }
  if (answered) return { crossing: null };
  return last === null
    ? null
    : { obstacle: `A row of its own could not be pointed anywhere: ${describeFailure(last)}.` };
}

function waysOf(run: RunInput, { child, pairs }: Reference, own: readonly Sample[]): readonly Way[] {
  const columns = pairs.map(({ column }) => column);
  const rivals = rivalsOf(run, child, columns);
  const given = rivals.length === 0 ? [{}] : [{}, Object.fromEntries(rivals.map((column) => [column, null]))];
  return [...own]
    .sort((a, b) => unfilled(a, columns) - unfilled(b, columns))
    .slice(0, 2)
    .flatMap((row) => given.flatMap((away) => waysOfRow(run, child, row, away, columns)));
}

function waysOfRow(run: RunInput, child: Target, row: Sample, given: Row, key: readonly string[]): readonly Way[] {
  const columns = [...key, ...Object.keys(given)];
  const insertable = insertableColumns(run, child).map(({ attname }) => attname);
  const updates =
    child.keyed && columns.every((column) => child.privileges.update.includes(column)) && lets(run, child, 'update');
  const inserts = key.every((column) => insertable.includes(column)) && lets(run, child, 'insert');
  const changes = (values: Row): Row => ({ ...given, ...values });
  return [
    ...(updates
      ? [{ row, given, anew: false, to: (values: Row) => updateStatement(child, changes(values), row.row) }]
      : []),
    ...(inserts
      ? [{ row, given, anew: true, to: (values: Row) => insertStatement(run, child, row.row, changes(values)) }]
      : []),
  ];
}

/** Columns that a check names beside those of the key, and that take NULL: of two parents, a row may have to let one go. */
function rivalsOf({ snapshot }: RunInput, child: Target, key: readonly string[]): readonly string[] {
  const named = checksOf(snapshot, child.relation)
    .map(({ columns }) => columns)
    .filter((columns) => columns.some((column) => key.includes(column)));
  return [...new Set(named.flat())].filter(
    (column) =>
      !key.includes(column) && !decidesOwner(child, column) && findColumn(child.relation, column)?.attnotnull === false,
  );
}

function unfilled({ row }: Sample, columns: readonly string[]): number {
  return columns.filter((column) => (row[column] ?? null) === null).length;
}

function canBePointedAt({ pairs }: Reference, { row }: Sample): boolean {
  return pairs.every(({ parentColumn }) => (row[parentColumn] ?? null) !== null);
}

function pointerTo({ pairs }: Reference, { row }: Sample): Row {
  return Object.fromEntries(pairs.map(({ column, parentColumn }) => [column, row[parentColumn] ?? null]));
}

async function point(
  run: RunInput,
  reference: Reference,
  subject: string,
  way: Way,
  values: Row,
  parentRow: Sample | null,
): Promise<Attempt<{ readonly points: boolean; readonly cascade: Crossing['cascade'] }>> {
  const { client, appRole, truthRole } = run.session;
  return await undone(client, () =>
    attempt(async () => {
      await quietly(run, () => clear(run, reference, way, values));
      await assumeRole(client, appRole, run.contextOf(subject));
      const { sql, values: bound } = way.to(values);
      const { rowCount } = await client.query(sql, [...bound]);
      await client.query('set constraints all immediate');
      await assumeTruth(client, truthRole);
      // Where a policy held the row back, another row may point there all the same: its owner's, shared with all.
      const points = rowCount !== 0 && (await leadsAway(run, reference, subject, values));
      const cascade =
        points && parentRow !== null
          ? await cascades(run, reference, parentRow, () => isThere(run, reference, subject, values))
          : null;
      return { points, cascade };
    }),
  );
}

/** Takes rows out of the way that would meet a unique key before the foreign key is looked at. */
async function clear(run: RunInput, { child }: Reference, { anew, row }: Way, values: Row): Promise<void> {
  if (anew) await takeAway(run, child, row.place);
  const unique = run.snapshot.indexes.some(
    ({ indrelid, indisunique, columns }) =>
      indrelid === child.relation.oid && indisunique && columns.some((column) => column !== null && column in values),
  );
  if (!unique) return;
  const { conditions, bound } = equal(child, values, 1);
  await run.session.client.query(
    `delete from ${quoteQualified(child.truth.from)} t where ${conditions} and ${placeOf} <> $${bound.length + 1}`,
    [...bound, row.place],
  );
}

/** Whether a row that is not foreign to the subject points there. */
async function isThere(run: RunInput, { child }: Reference, subject: string, values: Row): Promise<boolean> {
  const { conditions, bound } = equal(child, values, 2);
  const { rows } = await run.session.client.query<{ there: boolean }>(
    `select exists (select ${truthRows(child.truth, `${conditions} and not (${child.truth.foreign})`)}) as there`,
    [subject, ...bound],
  );
  return rows[0]?.there === true;
}

/** Whether such a row leads to a foreign one: with the tenant in the key, the same number may be a row of its own. */
async function leadsAway(
  run: RunInput,
  { child, parent, key }: Reference,
  subject: string,
  values: Row,
): Promise<boolean> {
  const { conditions, bound } = equal(child, values, 2);
  const own = `select t.* ${truthRows(child.truth, `${conditions} and not (${child.truth.foreign})`)}`;
  const joined = key.map(({ column, parentColumn }) => `t.${quoteIdent(parentColumn)} = c.${quoteIdent(column)}`);
  const foreign = truthRows(parent.truth, `${joined.join(' and ')} and (${parent.truth.foreign})`);
  const { rows } = await run.session.client.query<{ away: boolean }>(
    `select exists (select from (${own}) c where exists (select ${foreign})) as away`,
    [subject, ...bound],
  );
  return rows[0]?.away === true;
}

/** Compares as the columns' own types, so that an index can serve. */
function equal(
  { relation }: Target,
  values: Row,
  first: number,
): { readonly conditions: string; readonly bound: readonly unknown[] } {
  const conditions = Object.keys(values).map((column, index) => {
    const type = findColumn(relation, column)?.type ?? 'pg_catalog.text';
    return `t.${quoteIdent(column)} = $${first + index}::pg_catalog.text::${type}`;
  });
  return { conditions: conditions.join(' and '), bound: Object.values(values) };
}

/** The answer of a policy, of the foreign key, or of a check of the row, in a form that can be compared; null for any other. */
function answerOf({ sqlstate, routine, message }: Failure): string | null {
  if (routine === 'ExecWithCheckOptions') return 'policy';
  return sqlstate === '23503' || (sqlstate === '23514' && routine === 'ExecConstraints') ? message : null;
}

/** The positive control: pointing where it points already must pass, or at a row of its own where it now points elsewhere. */
async function controlled(
  run: RunInput,
  reference: Reference,
  subject: string,
  way: Way,
  ownParent: Sample | undefined,
): Promise<boolean> {
  const stays = Object.keys(way.given).length === 0;
  const columns = reference.pairs.map(({ column }) => column);
  const values = stays ? pick(way.row.row, columns) : ownParent && pointerTo(reference, ownParent);
  if (values === undefined) return false;
  const { client, appRole } = run.session;
  const passed = await undone(client, () =>
    attempt(async () => {
      await quietly(run, () => clear(run, reference, way, {}));
      await assumeRole(client, appRole, run.contextOf(subject));
      const { sql, values: bound } = way.to(values);
      return (await client.query(sql, [...bound])).rowCount !== 0;
    }),
  );
  return passed.ok && passed.value;
}

async function differsWhereMissing(
  run: RunInput,
  reference: Reference,
  subject: string,
  way: Way,
  refused: string,
): Promise<boolean> {
  const values = valuesOfNone(
    reference.child,
    reference.pairs.map(({ column }) => column),
  );
  if (values === null) return false;
  const tried = await point(run, reference, subject, way, values, null);
  const answer = tried.ok ? null : answerOf(tried.failure);
  return answer !== null && answer !== refused;
}
