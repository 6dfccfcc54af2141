import type pg from 'pg';
import { sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import { nameOf } from '../catalog/lookup.ts';
import { crossingSql, takesTenantFrom } from '../plan/crossings.ts';
import { heldSql, holdersOf } from '../plan/holders.ts';
import { attribution, sourceOf, wayTenant } from '../plan/attribution.ts';
import { isBound, isPutAside, leavesOf, ownRows, type Situation, type TenantTable } from '../plan/situation.ts';
import { referencesOf, type CompositeReference } from '../plan/references.ts';
import type { Backfill } from '../model/model.ts';
import type { Doubt, Note } from '../plan/step.ts';
import { formatQualified } from '../sql/ident.ts';
import { written } from '../sql/written.ts';

/** How long the rows of one table are counted. */
const limitMs = 30_000;

/** The most that is read by one query over several tables, in bytes: thousands of tables are small, and a round trip each takes longer. */
const togetherBytes = 16 * 1024 ** 2;
/** The most tables of one query: PostgreSQL plans them all before it reads the first. */
const together = 50;

/** A count, and what it says of a plan; undefined where there was not the time for it. */
interface Question {
  /** One query of one row: the count. */
  readonly sql: string;
  /** What it reads, by the tables that it names first. */
  readonly bytes: number;
  readonly answer: (count: number | undefined) => Told;
}

/** What somebody is told. */
interface Told {
  readonly doubts?: readonly Doubt[];
  readonly notes?: readonly Note[];
}

/** Counts the rows that no tenant will be found for, in a transaction that sees one moment. */
export async function countOrphans(
  client: pg.ClientBase,
  situation: Situation,
): Promise<{ readonly doubts: readonly Doubt[]; readonly notes: readonly Note[] }> {
  const sizes = await readSizes(client, situation);
  const questions = questionsOf(situation, ({ relation }) =>
    [relation, ...leavesOf(situation, relation)].reduce((sum, { oid }) => sum + (sizes.get(oid) ?? 0), 0),
  );
  const told: Told[] = [];
  for (const group of groupsOf(questions)) {
    const counts = await countTogether(client, group);
    told.push(...group.map(({ answer }, at) => answer(counts[at])));
  }
  return {
    doubts: told.flatMap(({ doubts = [] }) => doubts),
    notes: told.flatMap(({ notes = [] }) => notes),
  };
}

/** The bytes of the tables that hold any, without indexes and TOAST, by oid. */
async function readSizes(client: pg.ClientBase, { snapshot }: Situation): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ oid: number; bytes: string }>(
    `select oid, bytes
     from pg_catalog.pg_class cross join lateral pg_catalog.pg_relation_size(oid) as bytes
     where oid = any ($1) and relkind = 'r' and bytes > 0`,
    [snapshot.relations.map(({ oid }) => oid)],
  );
  return new Map(rows.map(({ oid, bytes }) => [oid, Number(bytes)]));
}

/** Of tables that hold rows: the others have none to count. */
function questionsOf(situation: Situation, bytesOf: (tenant: TenantTable) => number): readonly Question[] {
  const stored = (tenant: TenantTable): boolean => bytesOf(tenant) > 0;
  return [
    ...referencesOf(situation)
      .composite.filter(({ key, child, isThere }) => key.convalidated && !isThere && stored(child))
      .filter((reference) => !takesTenantFrom(situation, reference))
      .flatMap((reference) => crossing(situation, reference, bytesOf)),
    ...situation.tables
      .filter((tenant) => isBound(tenant) && stored(tenant))
      .flatMap((tenant) => [
        ...(isPutAside(tenant) ? held(situation, tenant, bytesOf(tenant)) : []),
        ...torn(situation, tenant, bytesOf(tenant)),
        ...orphaned(situation, tenant, bytesOf(tenant)),
      ]),
  ];
}

function crossing(
  situation: Situation,
  reference: CompositeReference,
  bytesOf: (tenant: TenantTable) => number,
): readonly Question[] {
  const { child, parent, key } = reference;
  const sql = crossingSql(situation, reference);
  if (sql === null) return [];
  return [
    {
      sql,
      bytes: bytesOf(child) + bytesOf(parent),
      answer: (count = 0) =>
        count === 0
          ? {}
          : {
              doubts: [
                {
                  object: formatQualified(nameOf(child.relation)),
                  message: `${rowsOf(count)} of it ${count === 1 ? 'points' : 'point'} at another tenant's row of ${formatQualified(nameOf(parent.relation))} (${key.conname})`,
                  hint: 'Mend them, or say another way to their tenant: a key that holds it on both sides is going to refuse them.',
                },
              ],
            },
    },
  ];
}

function rowsOf(count: number): string {
  return count === 1 ? 'one row' : `${count.toLocaleString('en-US')} rows`;
}

/** The rows that stay and point at those that are put aside: a key would refuse that, or a cascade take them along. */
function held(situation: Situation, tenant: TenantTable, bytes: number): readonly Question[] {
  return holdersOf(situation, tenant).flatMap((holder) => {
    const sql = heldSql(situation, tenant, holder);
    const child = formatQualified(nameOf(holder.child));
    const doubt = (count: number): Doubt => ({
      object: formatQualified(tenant.table.table),
      message: `rows that no tenant is found for cannot be put aside: ${rowsOf(count)} of ${child} ${count === 1 ? 'points at them and stays' : 'point at them and stay'} (${holder.key.conname})`,
      hint: `Mend them, say \`orphans: { tenant: … }\`, or put those of ${child} aside too.`,
    });
    return sql === null ? [] : [{ sql, bytes, answer: (count = 0) => (count === 0 ? {} : { doubts: [doubt(count)] }) }];
  });
}

/** The rows that alternative parents lead to different tenants; those that were not counted in time are told of by the other count. */
function torn(situation: Situation, tenant: TenantTable, bytes: number): readonly Question[] {
  const source = sourceOf(situation, tenant);
  if (source?.kind !== 'ways' || source.ways.length < 2 || source.ways.some(({ type }) => type !== null)) return [];
  const alias = written(tenant.table.table.name);
  const tenants = source.ways.map((way) => wayTenant(situation, way, tenant.relation, alias));
  if (tenants.includes(null)) return [];
  const said = `select pg_catalog.count(distinct said) from (values ${tenants.map((sql) => `(${sql ?? 'null'})`).join(', ')}) as way (said)`;
  const note = (count: number): Note => ({
    object: formatQualified(tenant.table.table),
    message: `its parents lead ${rowsOf(count)} to different tenants: the first that the model names decides`,
  });
  return [
    {
      sql: countSql(situation, tenant, `(${said}) > 1`),
      bytes,
      answer: (count = 0) => (count === 0 ? {} : { notes: [note(count)] }),
    },
  ];
}

/** The rows that no tenant is found for. */
function orphaned(situation: Situation, tenant: TenantTable, bytes: number): readonly Question[] {
  const { table, column } = tenant;
  const object = formatQualified(table.table);
  const tenantSql = attribution(situation, tenant, written(table.table.name));
  if (tenantSql === null || column === null) {
    const note = { object, message: 'its rows are attributed by the backfill alone: they were not counted' };
    return [{ sql: 'select 0 as count', bytes: 0, answer: () => ({ notes: [note] }) }];
  }
  const orphans = table.tenancy === 'row' ? table.backfill?.orphans : undefined;
  return [
    {
      sql: countSql(situation, tenant, `(${tenantSql}) is null`),
      bytes,
      answer: (count) => {
        if (count === undefined) {
          const message = `its rows without a tenant were not counted within ${limitMs / 1000} s: NOT NULL will find them`;
          return { notes: [{ object, message }] };
        }
        return count === 0 ? {} : whatBecomesOf(object, rowsOf(count), orphans);
      },
    },
  ];
}

function whatBecomesOf(object: string, rows: string, orphans: Backfill['orphans'] | undefined): Told {
  if (orphans === 'quarantine')
    return { notes: [{ object, message: `${rows} will be put aside: no tenant is found for them` }] };
  if (typeof orphans === 'object') {
    const message = `${rows} will be given to the tenant ${orphans.tenant}: no other is found for them`;
    return { notes: [{ object, message }] };
  }
  return {
    doubts: [
      {
        object,
        message: `no tenant is found for ${rows}`,
        hint: 'Mend them, or say under `backfill` what becomes of them: `orphans: quarantine`, or `orphans: { tenant: … }`; `nulls: shared` where they are for all.',
      },
    ],
  };
}

/** Counts the rows of a table that satisfy a condition. */
function countSql(situation: Situation, tenant: TenantTable, condition: string): string {
  return `select pg_catalog.count(*) as count from ${ownRows(situation, tenant)} as ${written(tenant.table.table.name)} where ${condition}`;
}

/** Questions in their order, by what one query may read. */
function groupsOf(questions: readonly Question[]): readonly (readonly Question[])[] {
  const groups: Question[][] = [];
  let bytes = 0;
  for (const question of questions) {
    const last = groups.at(-1);
    bytes += question.bytes;
    if (last !== undefined && last.length < together && bytes <= togetherBytes) last.push(question);
    else {
      groups.push([question]);
      bytes = question.bytes;
    }
  }
  return groups;
}

/** Each count; undefined where it takes too long. */
async function countTogether(
  client: pg.ClientBase,
  questions: readonly Question[],
): Promise<readonly (number | undefined)[]> {
  const counts = await inTime(
    client,
    questions.map(({ sql }, at) => `select ${at} as at, (${sql}) as count`).join('\nunion all\n'),
  );
  if (counts !== undefined || questions.length === 1) return counts ?? [undefined];
  const each: (number | undefined)[] = [];
  for (const question of questions) each.push(...(await countTogether(client, [question])));
  return each;
}

/** Counts by their place; undefined where they take too long. */
async function inTime(client: pg.ClientBase, sql: string): Promise<readonly number[] | undefined> {
  try {
    return await undone(
      client,
      async () => {
        const { rows } = await client.query<{ at: number; count: string }>(sql);
        return rows.toSorted((a, b) => a.at - b.at).map(({ count }) => Number(count));
      },
      // To compile a query over fifty tables takes longer than to run it.
      `set local statement_timeout = ${limitMs}; set local jit = off`,
    );
  } catch (error) {
    if (sqlstateOf(error) !== '57014') throw error;
    return undefined;
  }
}
