import type { Column } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';

/** Own rows of a table that are compared. */
const most = 1000;

/** A subject's own rows of a table, one a line, as the truth role reads them; null where they are very many, or have nothing to compare. */
export async function ownRowsOf(run: RunInput, { relation, truth }: Target, subject: string): Promise<string | null> {
  const shown = lasting(relation.columns);
  if (shown === null) return null;
  const own = truthRows(truth, `not (${truth.unwritable}) and not (${truth.foreign})`);
  const { rows } = await run.session.client.query<{ row: string }>(
    `select ${shown} as row ${own} order by 1 limit ${most + 1}`,
    [subject],
  );
  return rows.length > most ? null : rows.map(({ row }) => row).join('\n');
}

/** Columns as one text, without those that are another value at every try; null where there are no others. */
export function lasting(columns: readonly Column[]): string | null {
  const names = columns.filter((column) => !isDrawn(column)).map(({ attname }) => quoteIdent(attname));
  return names.length === 0 ? null : `row(${names.join(', ')})::pg_catalog.text`;
}

function isDrawn({ attidentity, default: value }: Column): boolean {
  return attidentity !== '' || /nextval|random|uuid|clock_timestamp|timeofday/.test(value ?? '');
}

/** The lines of a text that another one lacks, as many as a report has room for. */
export function onlyIn(text: string, other: string): string {
  const known = new Set(other.split('\n'));
  const lines = text.split('\n').filter((line) => !known.has(line));
  return lines.slice(0, 5).join('\n');
}
