import { findColumn, findRelation } from '../../catalog/lookup.ts';
import type { Column } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { escapePattern, mentions } from '../../sql/mentions.ts';
import type { RunInput } from '../input.ts';
import type { Target, TruthSource } from '../target.ts';
import { truthRows } from '../truth.ts';
import { placeOf } from './try.ts';

/** A stored row, as text by column. */
export type Row = Readonly<Record<string, string | null>>;

/** A stored row and where it is stored. */
export interface Sample {
  readonly row: Row;
  readonly place: string;
}

/** What the attacks on one target, by one subject, are made of: some rows of each kind. */
export interface Material {
  /** Rows that only the subject owns. */
  readonly own: readonly Sample[];
  /** Rows that are foreign to it, of different owners where a column names them. */
  readonly foreign: readonly Sample[];
  /** Rows that are shared with it for reading. */
  readonly shared: readonly Sample[];
}

/** Rows of each kind; a policy may tell rows of one kind apart. */
const samples = 3;
/** Rows among which they are looked for. */
const looked = 10_000;

/** Reads as the truth role, in an open transaction. */
export async function readMaterial(run: RunInput, target: Target, subject: string): Promise<Material> {
  const { foreign, unwritable } = target.truth;
  const some = (predicate: string) => readSamples(run, target, predicate, subject);
  return {
    foreign: await some(foreign),
    shared: await some(`(${unwritable}) and not (${foreign})`),
    own: await some(`not (${unwritable}) and not (${foreign})`),
  };
}

/** The columns of a target that its base has too, under the same names. */
export function storedColumns(run: RunInput, target: Target): readonly Column[] {
  const base = findRelation(run.snapshot, target.truth.from);
  return target.relation.columns.flatMap(({ attname }) => (base && findColumn(base, attname)) ?? []);
}

async function readSamples(
  run: RunInput,
  target: Target,
  predicate: string,
  subject: string,
): Promise<readonly Sample[]> {
  const columns = storedColumns(run, target).map(({ attname }) => attname);
  const values = columns.map((column) => `t.${quoteIdent(column)}::pg_catalog.text`);
  const { tenantColumn } = target.truth;
  const owner = tenantColumn === null ? 'null::pg_catalog.text' : `t.${quoteIdent(tenantColumn)}::pg_catalog.text`;
  // One of each owner comes before a second of any. Only what is chosen is made text.
  const { rows } = await run.session.client.query<{ values: (string | null)[]; place: string }>(
    `select array[${values.join(', ')}]::pg_catalog.text[] as values, ${placeOf} as place from (
       select t.*, pg_catalog.row_number() over (partition by ${owner} order by t.ctid) as rowhouse_nth
       from (select t.*, t.tableoid, t.ctid ${truthRows(target.truth, predicate)} limit ${looked}) t
       order by rowhouse_nth, t.ctid limit ${samples}
     ) t order by t.rowhouse_nth, t.ctid`,
    [subject],
  );
  return rows.map((row) => ({
    row: Object.fromEntries(columns.map((column, index) => [column, row.values[index] ?? null])),
    place: row.place,
  }));
}

/**
 * Columns that say nothing about tenants, the best first: setting one should neither change whose row it is nor meet a
 * constraint or a policy. Where all are columns of keys, one of them: it can be tried on a row that is alone.
 */
export function plainColumns(run: RunInput, target: Target): readonly string[] {
  const { truth, privileges } = target;
  const base = findRelation(run.snapshot, truth.from);
  const of = (types: string) =>
    new Set(
      run.snapshot.constraints
        .filter((c) => c.conrelid === base?.oid && types.includes(c.contype))
        .flatMap((c) => c.columns),
    );
  const [unique, checked] = [of('pux'), of('fc')];
  const policies = run.snapshot.policies
    .filter(({ polrelid }) => polrelid === base?.oid)
    .map(({ polqual, polwithcheck }) => `${polqual ?? ''} ${polwithcheck ?? ''}`)
    .join(' ');
  const cost = (name: string): number => (mentions(policies, name) ? 2 : 0) + (checked.has(name) ? 1 : 0);
  const names = storedColumns(run, target)
    .filter(
      ({ attname, attgenerated, attidentity }) =>
        privileges.update.includes(attname) &&
        attgenerated === '' &&
        attidentity !== 'a' &&
        attname !== truth.tenantColumn &&
        !decidesOwner(target, attname),
    )
    .map(({ attname }) => attname)
    .sort((a, b) => cost(a) - cost(b));
  const loose = names.filter((name) => !unique.has(name));
  return loose.length > 0 ? loose : names.slice(0, 1);
}

/** Some columns of a row. */
export function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
}

/** Whether the predicates may read a column of the row: as `t.column`, or by its bare name where they take the whole row. */
export function decidesOwner(
  { truth }: { readonly truth: Pick<TruthSource, 'foreign' | 'shared' | 'unwritable'> },
  column: string,
): boolean {
  return [truth.foreign, truth.shared, truth.unwritable].some(
    (predicate) => mentions(predicate, column, 't\\."?') || mentionedOfWholeRow(predicate, column),
  );
}

/** Where a predicate takes the whole row under a name, a column is bare or after that name: `p.id` is another table's. */
function mentionedOfWholeRow(predicate: string, column: string): boolean {
  return [...predicate.matchAll(/\(select t\.\*\) as ("(?:[^"]|"")+"|[\p{L}\p{N}_]+)\)/gu)].some(([, name = '']) => {
    const after = `"?${escapePattern(name.replaceAll('"', ''))}"?\\."?`;
    return mentions(predicate, column, `(?:(?<!\\."?)|(?<=${after}))`);
  });
}
