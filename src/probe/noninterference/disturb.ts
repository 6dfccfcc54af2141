import { findType, nameOf } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Relation } from '../../catalog/snapshot.ts';
import { quoteIdent, quoteLiteral, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { describeFailure } from '../session.ts';
import { kept } from './savepoint.ts';
import { quietly } from '../write/live.ts';
import { decidesOwner } from '../write/material.ts';
import { type Affected, foreignTo, type TenantTable } from './tables.ts';

/** A way in which the rows of others can become different. */
export interface Disturbance {
  /** As a message says it of rows: `were removed`. */
  readonly label: string;
  /** Does it to some tables, in the open transaction; says what could not be done to which. */
  readonly apply: (run: RunInput, affected: readonly Affected[], subject: string | null) => Promise<Disturbed>;
}

export interface Disturbed {
  /** The tables of which a row is different now. */
  readonly touched: ReadonlySet<string>;
  readonly failures: ReadonlyMap<string, string>;
}

/** Copies that are added to a table: of few rows several, for what asks how many there are. */
const copies = 20;

export const removal: Disturbance = {
  label: 'were removed',
  apply: (run, tables) => eachTable(run, tables, ({ table, foreign }) => remove(run, table, foreign)),
};

export const change: Disturbance = {
  label: 'were changed and added',
  apply: (run, tables, subject) => eachTable(run, tables, (table) => changeAndAdd(run, table, subject)),
};

/** The positive control: what depends on one's own rows, or on shared ones, must notice that they are gone. */
export const ownRemoval: Disturbance = {
  label: 'of its own were removed',
  apply: (run, tables) => eachTable(run, tables, ({ table, own }) => remove(run, table, own)),
};

/** Without foreign keys the order of the tables does not matter; with them, what fails is tried again after the others. */
async function eachTable(
  run: RunInput,
  tables: readonly Affected[],
  act: (affected: Affected) => Promise<number>,
): Promise<Disturbed> {
  const touched = new Set<string>();
  const failures = new Map<string, string>();
  const round = async (open: readonly Affected[]): Promise<readonly Affected[]> => {
    const failed: Affected[] = [];
    for (const affected of open) {
      const { name } = affected.table;
      const done = await kept(run, () => act(affected));
      if (!done.ok) {
        failures.set(name, describeFailure(done.failure));
        failed.push(affected);
        continue;
      }
      failures.delete(name);
      if ((done.value ?? 0) > 0) touched.add(name);
    }
    return failed;
  };
  await quietly(run, async () => {
    let failed = await round(tables);
    for (let before = tables.length; failed.length > 0 && failed.length < before;) {
      before = failed.length;
      failed = await round(failed);
    }
  });
  return { touched, failures };
}

async function remove({ session }: RunInput, { relation }: TenantTable, places: readonly string[]): Promise<number> {
  if (places.length === 0) return 0;
  const deleted = await session.client.query(
    `delete from only ${quoteQualified(nameOf(relation))} t where t.ctid = any ($1::pg_catalog.tid[])`,
    [places],
  );
  return deleted.rowCount ?? 0;
}

async function changeAndAdd(run: RunInput, { table, foreign }: Affected, subject: string | null): Promise<number> {
  if (foreign.length === 0) return 0;
  const changes = changesOf(run, table);
  let places = await tryChange(run, table, subject, foreign, changes);
  if (places === null) {
    // One column that refuses must not keep the others as they are.
    for (const one of changes) places = (await tryChange(run, table, subject, places ?? foreign, [one])) ?? places;
  }
  const added = await tryAdd(run, table, subject, places ?? foreign);
  return (places?.length ?? 0) + added;
}

type Assignment = readonly [column: string, sql: string];

/** A different value for each column that decides nothing and identifies nothing: a larger one, which a maximum notices. */
function changesOf({ snapshot }: RunInput, table: TenantTable): readonly Assignment[] {
  const { relation } = table;
  const bound = new Set(
    snapshot.constraints
      .filter(({ conrelid, contype }) => conrelid === relation.oid && 'pufx'.includes(contype))
      .flatMap(({ columns }) => columns),
  );
  return relation.columns
    .filter(
      ({ attname, attgenerated, attidentity }) => attgenerated === '' && attidentity !== 'a' && !bound.has(attname),
    )
    .filter(({ attname }) => !decidesOwner({ truth: table.intent }, attname))
    .flatMap((column): Assignment[] => {
      const sql = differentValue(snapshot, column.type, `t.${quoteIdent(column.attname)}`);
      return sql === null ? [] : [[column.attname, sql]];
    });
}

/** By row, from 1 to 7: with the same shift for all, what lies between two rows of others would stay as it is. */
const steps = '(1 + pg_catalog.abs(pg_catalog.hashtext(t.ctid::pg_catalog.text) % 7))';

function differentValue(snapshot: CatalogSnapshot, type: string, value: string): string | null {
  const named = findType(snapshot, type);
  if (named?.typtype === 'e') return otherLabel(named.labels, value, type);
  if (named !== undefined && named.basetype !== null) return differentValue(snapshot, named.basetype, value);
  if (type.endsWith('[]')) return `${value} || ${value}`;
  if (type === 'smallint') return `${value} + 1::pg_catalog.int2`;
  if (/^(integer|bigint|numeric|real|double precision)/.test(type)) return `${value} + 1000003 * ${steps}`;
  if (type === 'text') return `pg_catalog.reverse(${value}) || pg_catalog.repeat('~', 64)`;
  if (/^(character|varchar)/.test(type)) return `pg_catalog.reverse(${value})`;
  if (/(^|\.)citext$/.test(type)) return `pg_catalog.reverse(${value}::pg_catalog.text) || pg_catalog.repeat('~', 64)`;
  if (type === 'boolean') return `not ${value}`;
  if (type === 'date') return `${value} + 36525 * ${steps}`;
  if (type.startsWith('timestamp')) return `${value} + '100 years'::pg_catalog.interval * ${steps}`;
  if (type.startsWith('interval')) return `${value} + '100 years'::pg_catalog.interval * ${steps}`;
  if (type === 'jsonb') return `pg_catalog.jsonb_build_object('~', ${value})`;
  if (type === 'bytea') return `${value} || '\\x7e'::pg_catalog.bytea`;
  if (type === 'uuid') return 'pg_catalog.gen_random_uuid()';
  return null;
}

function otherLabel([first, second]: readonly string[], value: string, type: string): string | null {
  if (first === undefined || second === undefined) return null;
  const [one, other] = [quoteLiteral(first), quoteLiteral(second)];
  return `(case when ${value} = ${one} then ${other} else ${one} end)::${type}`;
}

/** Where the rows are now; null where nothing was changed. */
async function tryChange(
  run: RunInput,
  table: TenantTable,
  subject: string | null,
  places: readonly string[],
  changes: readonly Assignment[],
): Promise<readonly string[] | null> {
  if (changes.length === 0) return null;
  const set = changes.map(([column, sql]) => `${quoteIdent(column)} = ${sql}`).join(', ');
  const done = await kept(run, async () => {
    const { rows } = await run.session.client.query<Placed>(
      `update only ${quoteQualified(nameOf(table.relation))} t set ${set}
       where t.ctid = any ($1::pg_catalog.tid[]) returning t.ctid::pg_catalog.text as place`,
      [places],
    );
    return await stillForeign(run, table, subject, rows);
  });
  return done.ok ? done.value : null;
}

/** Adds copies of rows of others under new keys. */
async function tryAdd(
  run: RunInput,
  table: TenantTable,
  subject: string | null,
  places: readonly string[],
): Promise<number> {
  const { relation } = table;
  const stored = relation.columns.filter(({ attgenerated }) => attgenerated === '');
  const keys = new Set(
    run.snapshot.constraints
      .filter(({ conrelid, contype }) => conrelid === relation.oid && 'pu'.includes(contype))
      .flatMap(({ columns }) => columns),
  );
  const isRoot = table.intent.tenancy === 'root';
  const values = stored.map((column) =>
    keys.has(column.attname) && (isRoot || !decidesOwner({ truth: table.intent }, column.attname))
      ? newKey(relation, column)
      : `t.${quoteIdent(column.attname)}`,
  );
  const overriding = stored.some(({ attidentity }) => attidentity === 'a') ? ' overriding system value' : '';
  const name = quoteQualified(nameOf(relation));
  const done = await kept(run, async () => {
    const { rows } = await run.session.client.query<Placed>(
      `insert into ${name} as t (${stored.map(({ attname }) => quoteIdent(attname)).join(', ')})${overriding}
       select ${values.join(', ')} from only ${name} t cross join pg_catalog.generate_series(1, $2)
       where t.ctid = any ($1::pg_catalog.tid[])
       returning t.ctid::pg_catalog.text as place`,
      [places.slice(0, copies), Math.max(1, Math.floor(copies / places.length))],
    );
    return await stillForeign(run, table, subject, rows);
  });
  return done.ok ? (done.value?.length ?? 0) : 0;
}

function newKey({ nspname, relname }: Relation, { attname, type }: Column): string {
  const value = `t.${quoteIdent(attname)}`;
  const nth = 'pg_catalog.row_number() over ()';
  if (/^(smallint|integer|bigint|numeric)/.test(type)) {
    const from = quoteQualified({ schema: nspname, name: relname });
    return `(select coalesce(pg_catalog.max(k.${quoteIdent(attname)}), 0) from ${from} k) + ${nth}`;
  }
  if (type === 'uuid') return 'pg_catalog.gen_random_uuid()';
  if (/^(text|character varying)/.test(type) && !type.endsWith('[]')) return `${value} || '~' || ${nth}`;
  return value;
}

interface Placed {
  readonly place: string;
}

/** The places of rows, or null: a row that is no longer foreign must not be different, or the difference would be the subject's own. */
async function stillForeign(
  run: RunInput,
  table: TenantTable,
  subject: string | null,
  placed: readonly Placed[],
): Promise<readonly string[] | null> {
  const places = placed.map(({ place }) => place);
  const { rows } = await run.session.client.query<{ all: boolean | null }>(
    `select pg_catalog.bool_and(${foreignTo(table, subject)}) as all from only ${quoteQualified(nameOf(table.relation))} t
     where $1::pg_catalog.text is not null and t.ctid = any ($2::pg_catalog.tid[])`,
    [subject ?? '', places],
  );
  return rows[0]?.all === true ? places : null;
}
