import type { QualifiedName } from '../sql/ident.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { replaceVariables, scanTokens } from '../sql/parse.ts';
import type { BackfillBody } from './body.ts';

/** What tells the rows of a table apart and puts them in order. */
export interface BatchKey {
  readonly columns: readonly string[];
  /** As `format_type` prints them. */
  readonly types: readonly string[];
}

/** True of every value on either side of a comparison: a bound that is not there. */
const unbounded = "all ('{}')";

/**
 * The UPDATE of one batch: rows after the key of the last batch (`$1 …`, absent in the first batch), up to and with
 * the key of this one (the parameters after it).
 */
export function batchSql(body: BackfillBody, key: BatchKey, first: boolean): string {
  const count = key.columns.length;
  if (body.rangeColumn !== null) {
    const [one, two] = [parameter(key, 0), parameter(key, 1)];
    return replaceVariables(body.source, first ? { from: unbounded, to: one } : { from: one, to: two }).text;
  }
  const row = rowOf(body.alias, key);
  const upper = `${row} <= ${values(key, first ? 0 : count)}`;
  return addCondition(body.source, first ? upper : `${row} > ${values(key, 0)} and ${upper}`);
}

/** The UPDATE of the rows between two places, `$1` and `$2`, or of every nth of them: those of one pass. */
export function passSql(
  body: BackfillBody,
  deal: { readonly passes: number; readonly dealt: string | null; readonly pass: number },
): string {
  const source = replaceVariables(body.source, { from: unbounded, to: unbounded }).text;
  const alias = quoteIdent(body.alias);
  const range = `${alias}.ctid > $1::pg_catalog.text::pg_catalog.tid and ${alias}.ctid <= $2::pg_catalog.text::pg_catalog.tid`;
  if (deal.passes === 1) return addCondition(source, range);
  return addCondition(source, `${range} and ${dealtTo(alias, deal.passes, deal.dealt)} = ${deal.pass}`);
}

/** The pass that a row is dealt to: a remainder has the sign of what is divided. */
export function dealtTo(alias: string, passes: number, dealt: string | null): string {
  const value = dealt === null ? `pg_catalog.hashtid(${alias}.ctid)` : `${alias}.${quoteIdent(dealt)}`;
  return `((${value} % ${passes} + ${passes}) % ${passes})`;
}

/** The key that ends the batch of `$n` rows after `$1 …`, or after the start; no row where fewer are left. */
export function nextKeySql(table: QualifiedName, key: BatchKey, first: boolean): string {
  const count = key.columns.length;
  const row = rowOf('t', key);
  const lower = first ? '' : `${row} > ${values(key, 0)} and `;
  const upper = `${row} <= ${values(key, first ? 0 : count)}`;
  const offset = (first ? count : 2 * count) + 1;
  return `select ${keyAsText(key)} as key
  from ${quoteQualified(table)} as t
 where ${lower}${upper}
 order by ${orderOf(key)}
offset $${offset} - 1 limit 1`;
}

/** The greatest key of the table. */
export function endKeySql(table: QualifiedName, key: BatchKey): string {
  return `select ${keyAsText(key)} as key
  from ${quoteQualified(table)} as t
 order by ${key.columns.map((column) => `t.${quoteIdent(column)} desc`).join(', ')}
 limit 1`;
}

/**
 * Keys that divide the rows after `$1 …`, or from the start, and before the key that follows, into so many parts of about
 * one size, in order: by a sample of so much percent of the pages. The last two parameters are the parts and the percent.
 */
export function dividingKeysSql(table: QualifiedName, key: BatchKey, first: boolean): string {
  const count = key.columns.length;
  const row = rowOf('t', key);
  const lower = first ? '' : `${row} > ${values(key, 0)} and `;
  const upper = `${row} < ${values(key, first ? 0 : count)}`;
  const parts = `$${(first ? count : 2 * count) + 1}::integer`;
  const percent = `$${(first ? count : 2 * count) + 2}::real`;
  return `select x.key
  from (select ${keyAsText(key)} as key,
               pg_catalog.row_number() over (order by ${orderOf(key)}) as place,
               pg_catalog.count(*) over () as total
          from ${quoteQualified(table)} as t tablesample system (${percent})
         where ${lower}${upper}) as x
 where x.place < x.total and x.place * ${parts} / x.total > (x.place - 1) * ${parts} / x.total
 order by x.place`;
}

/** The key of a row as an array of texts; the table is called `t`. */
export function keyAsText(key: BatchKey): string {
  return `array[${key.columns.map((column) => `t.${quoteIdent(column)}::text`).join(', ')}]`;
}

function orderOf(key: BatchKey): string {
  return key.columns.map((column) => `t.${quoteIdent(column)}`).join(', ');
}

function parameter(key: BatchKey, index: number): string {
  return `$${index + 1}::text::${key.types[index % key.types.length] ?? 'text'}`;
}

function values(key: BatchKey, from: number): string {
  return `(${key.columns.map((_, index) => parameter(key, from + index)).join(', ')})`;
}

function rowOf(alias: string, key: BatchKey): string {
  return `(${key.columns.map((column) => `${quoteIdent(alias)}.${quoteIdent(column)}`).join(', ')})`;
}

/** Adds a condition to the WHERE of the UPDATE, by its tokens: what stands in parentheses is another query's. */
function addCondition(source: string, condition: string): string {
  let depth = 0;
  const tokens = scanTokens(source).filter((token) => !token.comment);
  const where = tokens.find(({ text }) => {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    return depth === 0 && text.toLowerCase() === 'where';
  });
  const end = tokens.findLast(({ text }) => text !== ';')?.end ?? source.length;
  if (where === undefined) return `${source.slice(0, end)}\n where ${condition}`;
  return `${source.slice(0, where.end)} (${source.slice(where.end, end)}\n) and ${condition}`;
}
