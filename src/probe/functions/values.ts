import { nameOf, primaryKeyOf } from '../../catalog/lookup.ts';
import { isSecretName } from '../../domain/secrets.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { foreignTo, type TenantTable } from '../noninterference/tables.ts';
import type { Row } from '../write/material.ts';

/** Whose a value is, as the subject that passes it would say. */
export type Side = 'foreign' | 'own' | 'shared';

/** A stored row that arguments are taken from. */
export interface SampleRow {
  readonly table: TenantTable;
  readonly side: Side;
  readonly row: Row;
  /** The row as a value of the table's type. */
  readonly whole: string;
}

/** What one subject can put into a call. */
export interface Values {
  readonly rows: readonly SampleRow[];
  readonly tenants: Readonly<Record<'own' | 'foreign', readonly string[]>>;
}

/** Rows of each side of each table. */
const samples = 2;

/** Reads what calls are made of, as the truth role. What cannot be read gives no values. */
export async function readValues(
  run: RunInput,
  tables: readonly TenantTable[],
  subject: string | null,
): Promise<Values> {
  const rows: SampleRow[] = [];
  for (const table of tables) {
    const own = subject === null ? 'false' : `not (${table.intent.foreign}) and not (${table.intent.shared})`;
    const sides: readonly (readonly [Side, string])[] = [
      ['foreign', foreignTo(table, subject)],
      ['own', own],
      ['shared', table.intent.shared],
    ];
    for (const [side, predicate] of sides) rows.push(...(await readSamples(run, table, side, predicate, subject)));
  }
  return { rows, tenants: tenantsAmong(run, rows, subject) };
}

async function readSamples(
  { session }: RunInput,
  table: TenantTable,
  side: Side,
  predicate: string,
  subject: string | null,
): Promise<readonly SampleRow[]> {
  const { relation } = table;
  const columns = relation.columns.map(({ attname }) => attname);
  const texts = columns.map((column) => `t.${quoteIdent(column)}::pg_catalog.text`);
  const found = await session.truth<{ values: (string | null)[]; whole: string }>(
    `select array[${texts.join(', ')}]::pg_catalog.text[] as values, row(${columns.map((column) => `t.${quoteIdent(column)}`).join(', ')})::pg_catalog.text as whole
     from (select t.* from only ${quoteQualified(nameOf(relation))} t where $1::pg_catalog.text is not null and (${predicate})
       order by t.ctid limit ${samples}) t`,
    [subject ?? ''],
  );
  if (!found.ok) return [];
  const hidden = new Set([...columns.filter(isSecretName), ...table.intent.oracles.flat()]);
  return found.value.map(({ values, whole }) => ({
    table,
    side,
    whole,
    // Of one's own one knows all.
    row: Object.fromEntries(
      columns.flatMap((column, index) =>
        side === 'foreign' && hidden.has(column) ? [] : [[column, values[index] ?? null] as const],
      ),
    ),
  }));
}

/** The tenants' ids on both sides: of the root table's rows, or the subjects where those are tenants. */
function tenantsAmong(
  { intent, snapshot, subjects, membership }: RunInput,
  rows: readonly SampleRow[],
  subject: string | null,
): Values['tenants'] {
  const ids = (side: Side): string[] =>
    rows
      .filter((sample) => sample.side === side && sample.table.intent.tenancy === 'root')
      .flatMap(({ table, row }) => row[primaryKeyOf(snapshot, table.relation)[0] ?? ''] ?? []);
  const others = membership ? [] : subjects.filter((id) => id !== subject && id !== intent.platform);
  return {
    own: [...new Set([...ids('own'), ...(membership || subject === null ? [] : [subject])])],
    foreign: [...new Set([...ids('foreign'), ...others.slice(0, samples)])],
  };
}
