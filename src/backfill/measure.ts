import type pg from 'pg';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { dealtTo } from './batch-sql.ts';
import type { BackfillTable } from './table.ts';
import { mostPasses, type PageMeasure } from './way.ts';

const columnsSql = loadSql(import.meta.url, './queries/columns.sql');

/** How many pages from the middle of a table are looked at. */
const sampledPages = 64;
/** Of a page's header, and of a row's with its pointer on the page. */
const pageHeader = 24;
const rowHeader = 28;
/** Wider values lie outside the row. */
const toastedFrom = 2000;
const toastPointer = 18;

export interface TableMeasure extends PageMeasure {
  /** How much more than its part of a page the largest pass would have if the key dealt the rows: 1 is even. */
  readonly unevenness: number;
}

/**
 * What the rows of a table and the room on its pages are like, from a sample of pages in its middle.
 *
 * @param setColumns what a body fills: rows grow by it
 * @returns null where the sample has no row
 */
export async function measurePages(
  client: pg.ClientBase,
  table: BackfillTable,
  setColumns: readonly string[],
): Promise<TableMeasure | null> {
  const { rows: columns } = await client.query<{ name: string; width: number }>(columnsSql, [quoteQualified(table)]);
  const widths = columns.map(({ name }) => {
    const size = `pg_catalog.pg_column_size(t.${quoteIdent(name)})`;
    return `case when ${size} > ${toastedFrom} then ${toastPointer} else coalesce(${size}, 0) end`;
  });
  const pass = dealtTo('t', mostPasses, table.integerKey);
  const first = Math.max(0, Math.floor((table.pages - sampledPages) / 2));
  const { rows } = await client.query<{ rows: number; width: number; largest: number; block: number }>(
    `select pg_catalog.sum(g.rows)::float8 as rows,
            (pg_catalog.sum(g.width) / pg_catalog.sum(g.rows))::float8 as width,
            pg_catalog.max(g.rows)::float8 as largest,
            pg_catalog.current_setting('block_size')::integer as block
       from (select pg_catalog.count(*) as rows, pg_catalog.sum(${widths.join(' + ')}) as width
               from ${quoteQualified(table)} as t
              where t.ctid >= $1::text::tid and t.ctid < $2::text::tid
              group by ${pass}) as g`,
    [`(${first},0)`, `(${first + sampledPages},0)`],
  );
  const [seen] = rows;
  if (!seen?.rows) return null;
  const pages = Math.min(sampledPages, table.pages);
  const rowsPerPage = seen.rows / pages;
  const width = rowHeader + seen.width;
  const added = columns
    .filter(({ name }) => setColumns.includes(name))
    .reduce((sum, column) => sum + Math.max(0, column.width), 0);
  return {
    rowsPerPage,
    roomPerPage: Math.max(0, seen.block - pageHeader - rowsPerPage * width) / (width + added),
    unevenness: (seen.largest * mostPasses) / seen.rows,
  };
}
