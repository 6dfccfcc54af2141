import type pg from 'pg';
import { frozenRead } from '../catalog/frozen-read.ts';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import type { Decision, Hop, Ownership } from '../plan/ownership/decision.ts';
import { byValue, tablesNamed } from '../plan/ownership/pair-values.ts';
import { isConnectionLoss, sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import {
  formatIdent,
  formatQualified,
  quoteIdent,
  quoteQualified,
  sameName,
  type QualifiedName,
} from '../sql/ident.ts';

/** How many rows of a table are looked at, how many other ways are compared, and how long it may take. */
const limits = { rows: 10_000, ways: 4, milliseconds: 10_000 };

/** How many rows may lead nowhere before a way is in doubt: old rows often do. */
const tolerable = 0.05;

/**
 * Follows the ways of each table on some of its rows: where two lead to different tenants, or one leads nowhere, somebody is asked.
 *
 * @throws RowhouseError `sample-bound` where row-level security would hide rows: none that disagree would be taken for agreement
 */
export async function sampleOwnership(client: pg.ClientBase, ownership: Ownership): Promise<Ownership> {
  return await frozenRead(client, async () => {
    await client.query(`set local statement_timeout = ${limits.milliseconds}`);
    await assertUnbound(client, ownership);
    const tables: Decision[] = [];
    for (const decision of ownership.tables) tables.push(await sampled(client, decision, ownership));
    return { ...ownership, tables };
  });
}

async function assertUnbound(client: pg.ClientBase, { tables }: Ownership): Promise<void> {
  const names = tables.map(({ table }) => quoteQualified(table));
  const { rows } = await client.query<{ user: string; bound: string[] }>(
    `select current_user::pg_catalog.text as user, array(
       select name from pg_catalog.unnest($1::pg_catalog.text[]) as name
       where pg_catalog.row_security_active(name)
     ) as bound`,
    [names],
  );
  const { user = '', bound = [] } = rows[0] ?? {};
  if (bound.length === 0) return;
  const shown = tables.filter((_, at) => bound.includes(names[at] ?? '')).map(({ table }) => formatQualified(table));
  const more = shown.length > 5 ? ` and ${shown.length - 5} more` : '';
  throw new RowhouseError(
    'usage',
    'sample-bound',
    `--sample: row-level security hides rows of ${shown.slice(0, 5).join(', ')}${more} from ${user}; what it hides would count as agreement.`,
    {
      hint: 'Connect as a role that row-level security does not bind, such as one with BYPASSRLS; or leave out --sample.',
    },
  );
}

interface Counts {
  readonly rows: number;
  readonly ownerless: number;
  readonly conflicts: readonly number[];
}

async function sampled(
  client: pg.ClientBase,
  decision: Decision,
  { roots, tables: decisions }: Ownership,
): Promise<Decision> {
  const { table, path, alternatives, tenancy } = decision;
  const [pair] = path;
  if (tenancy === 'row' && pair?.parent === null) return await withTypes(client, decision, pair, decisions);
  const ends = (way: readonly Hop[]): QualifiedName | null => way.at(-1)?.parent ?? null;
  const end = ends(path);
  if (tenancy !== 'row' || end === null || !roots.some((root) => sameName(root, end))) return decision;
  const others = alternatives
    .filter((way) => way.at(-1)?.parentColumns.join() === path.at(-1)?.parentColumns.join())
    .filter((way) => ends(way) !== null && sameName(ends(way) ?? end, end))
    .slice(0, limits.ways);
  const counts = await orObstacle(client, () => count(client, table, path, others));
  return 'obstacle' in counts ? withObstacle(decision, counts) : judged(decision, others, counts);
}

async function count(
  client: pg.ClientBase,
  table: QualifiedName,
  path: readonly Hop[],
  others: readonly (readonly Hop[])[],
): Promise<Counts> {
  const ways = [path, ...others].map((way, at) => `${ownerOf(way, 't', 0)} as w${at}`).join(', ');
  const conflicts = others.map((_, at) => `pg_catalog.count(*) filter (where w0 <> w${at + 1})`).join(', ');
  const { rows } = await client.query<{ rows: string; ownerless: string; conflicts: string[] }>(
    `select
       pg_catalog.count(*) as rows,
       pg_catalog.count(*) filter (where w0 is null) as ownerless,
       array[${conflicts}]::pg_catalog.int8[] as conflicts
     from (select ${ways} from (select * from ${quoteQualified(table)} limit ${limits.rows}) t) s`,
  );
  const [row] = rows;
  return {
    rows: Number(row?.rows ?? 0),
    ownerless: Number(row?.ownerless ?? 0),
    conflicts: (row?.conflicts ?? []).map(Number),
  };
}

/** The tenant that a way leads a row to, as text; NULL where it ends before. */
function ownerOf([hop, ...rest]: readonly Hop[], alias: string, depth: number): string {
  if (hop?.parent == null) return 'null::pg_catalog.text';
  const next = `p${depth}`;
  const join = hop.columns
    .map((column, at) => `${next}.${quoteIdent(hop.parentColumns[at] ?? '')} = ${alias}.${quoteIdent(column)}`)
    .join(' and ');
  const value =
    rest.length === 0
      ? `${next}.${quoteIdent(hop.parentColumns.at(-1) ?? '')}::pg_catalog.text`
      : ownerOf(rest, next, depth + 1);
  return `(select ${value} from ${quoteQualified(hop.parent)} ${next} where ${join} limit 1)`;
}

function judged(
  decision: Decision,
  others: readonly (readonly Hop[])[],
  { rows, ownerless, conflicts }: Counts,
): Decision {
  if (rows === 0) return decision;
  const evidence = [`Of ${rows} rows looked at, ${rows - ownerless} lead to a tenant.`];
  const disagreeing = others.flatMap((way, at) => {
    const count = conflicts[at] ?? 0;
    const columns = (way[0]?.columns ?? []).map(formatIdent).join(', ');
    return count === 0 ? [] : [`On ${count} of ${rows} rows ${columns} leads to another tenant.`];
  });
  const lost =
    ownerless > rows * tolerable && decision.column === null
      ? [`${ownerless} of ${rows} rows lead to no tenant this way.`]
      : [];
  const problems = [...disagreeing, ...lost];
  return {
    ...decision,
    doubt: decision.doubt || problems.length > 0,
    confidence: problems.length > 0 ? Math.min(decision.confidence, 0.5) : decision.confidence,
    reason: [decision.reason, ...problems].join(' '),
    evidence: [...decision.evidence, ...evidence],
  };
}

/** What a polymorphic pair points at: where all of that has tenants, so have its rows. */
async function withTypes(
  client: pg.ClientBase,
  decision: Decision,
  hop: Hop,
  decisions: readonly Decision[],
): Promise<Decision> {
  const [type = ''] = hop.columns;
  const rows = await orObstacle(client, async () => {
    const found = await client.query<{ type: string | null; rows: string }>(
      `select t.${quoteIdent(type)}::pg_catalog.text as type, pg_catalog.count(*) as rows
       from (select * from ${quoteQualified(decision.table)} limit ${limits.rows}) t
       group by 1 order by 2 desc, 1 limit 50`,
    );
    return found.rows;
  });
  if ('obstacle' in rows) return withObstacle(decision, rows);
  if (rows.length === 0) return decision;
  const sentence = `${formatQualified(decision.table)}.${formatIdent(type)} holds ${rows.map((row) => `${row.type ?? 'NULL'} (${row.rows})`).join(', ')}.`;
  const evidence = [...decision.evidence, sentence];
  const values = rows.map((row) => row.type ?? '');
  const targets = tablesNamed(values, decisions);
  const path = targets === null ? decision.path : [{ ...hop, tables: byValue(values, targets) }];
  const owned = targets?.every(({ tenancy, doubt }) => (tenancy === 'row' || tenancy === 'root') && !doubt) === true;
  return owned
    ? {
        ...decision,
        path,
        evidence,
        doubt: false,
        confidence: 0.85,
        reason: `${sentence} Rows of all of these have tenants.`,
      }
    : { ...decision, path, evidence };
}

/** What keeps a table from being looked at: it takes too long, others lock it, or the types of two columns cannot be compared. */
interface Obstacle {
  readonly obstacle: string;
}

async function orObstacle<T extends object>(client: pg.ClientBase, read: () => Promise<T>): Promise<T | Obstacle> {
  try {
    return await undone(client, read);
  } catch (error) {
    if (sqlstateOf(error) === null || isConnectionLoss(error)) throw error;
    return { obstacle: messageOf(error) };
  }
}

function withObstacle(decision: Decision, { obstacle }: Obstacle): Decision {
  return { ...decision, evidence: [...decision.evidence, `Its rows could not be looked at: ${obstacle}.`] };
}
