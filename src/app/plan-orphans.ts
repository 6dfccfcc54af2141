import type pg from 'pg';
import { sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import { nameOf } from '../catalog/lookup.ts';
import { crossingSql } from '../plan/crossings.ts';
import { heldSql, holdersOf } from '../plan/holders.ts';
import { attribution, sourceOf, wayTenant } from '../plan/attribution.ts';
import { isBound, isPutAside, leavesOf, ownRows, type Situation, type TenantTable } from '../plan/situation.ts';
import { referencesOf } from '../plan/references.ts';
import type { Doubt, Note } from '../plan/step.ts';
import { formatQualified } from '../sql/ident.ts';
import { written } from '../sql/written.ts';

/** How long the rows of one table are counted. */
const limitMs = 30_000;

/** Counts the rows that no tenant will be found for, table by table, in a transaction that sees one moment. */
export async function countOrphans(
  client: pg.ClientBase,
  situation: Situation,
): Promise<{ readonly doubts: readonly Doubt[]; readonly notes: readonly Note[] }> {
  const doubts: Doubt[] = [];
  const notes: Note[] = [];
  const stored = await readStored(client, situation);
  const hasRows = ({ relation }: TenantTable): boolean =>
    [relation, ...leavesOf(situation, relation)].some(({ oid }) => stored.has(oid));
  for (const reference of referencesOf(situation).composite.filter(({ key }) => key.convalidated)) {
    const sql = hasRows(reference.child) ? crossingSql(situation, reference) : null;
    const count = (sql === null ? undefined : await inTime(client, sql)) ?? 0;
    if (count === 0) continue;
    const parent = formatQualified(nameOf(reference.parent.relation));
    doubts.push({
      object: formatQualified(nameOf(reference.child.relation)),
      message: `${rowsOf(count)} of it ${count === 1 ? 'points' : 'point'} at another tenant's row of ${parent} (${reference.key.conname})`,
      hint: 'Mend them, or say another way to their tenant: a key that holds it on both sides is going to refuse them.',
    });
  }
  for (const tenant of situation.tables.filter((one) => isBound(one) && hasRows(one))) {
    if (isPutAside(tenant)) doubts.push(...(await countHeld(client, situation, tenant)));
    const object = formatQualified(tenant.table.table);
    const torn = await countTorn(client, situation, tenant);
    if (torn > 0) {
      const message = `its parents lead ${rowsOf(torn)} to different tenants: the first that the model names decides`;
      notes.push({ object, message });
    }
    const found = await countOf(client, situation, tenant);
    if (typeof found === 'string') notes.push({ object, message: found });
    else if (found > 0) {
      const rows = rowsOf(found);
      const orphans = tenant.table.tenancy === 'row' ? tenant.table.backfill?.orphans : undefined;
      if (orphans === 'quarantine')
        notes.push({ object, message: `${rows} will be put aside: no tenant is found for them` });
      else if (typeof orphans === 'object') {
        notes.push({
          object,
          message: `${rows} will be given to the tenant ${orphans.tenant}: no other is found for them`,
        });
      } else {
        doubts.push({
          object,
          message: `no tenant is found for ${rows}`,
          hint: 'Mend them, or say under `backfill` what becomes of them: `orphans: quarantine`, or `orphans: { tenant: … }`; `nulls: shared` where they are for all.',
        });
      }
    }
  }
  return { doubts, notes };
}

/** The tables of tenants that hold anything: the others are not counted one by one. */
async function readStored(client: pg.ClientBase, { snapshot }: Situation): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ oid: number }>(
    "select oid from pg_catalog.pg_class where oid = any ($1) and relkind = 'r' and pg_catalog.pg_relation_size(oid) > 0",
    [snapshot.relations.map(({ oid }) => oid)],
  );
  return new Set(rows.map(({ oid }) => oid));
}

function rowsOf(count: number): string {
  return count === 1 ? 'one row' : `${count.toLocaleString('en-US')} rows`;
}

/** The rows that stay and point at those that are put aside: a key would refuse that, or a cascade take them along. */
async function countHeld(client: pg.ClientBase, situation: Situation, tenant: TenantTable): Promise<readonly Doubt[]> {
  const doubts: Doubt[] = [];
  for (const holder of holdersOf(situation, tenant)) {
    const sql = heldSql(situation, tenant, holder);
    const count = (sql === null ? undefined : await inTime(client, sql)) ?? 0;
    if (count === 0) continue;
    const child = formatQualified(nameOf(holder.child));
    doubts.push({
      object: formatQualified(tenant.table.table),
      message: `rows that no tenant is found for cannot be put aside: ${rowsOf(count)} of ${child} ${count === 1 ? 'points at them and stays' : 'point at them and stay'} (${holder.key.conname})`,
      hint: `Mend them, say \`orphans: { tenant: … }\`, or put those of ${child} aside too.`,
    });
  }
  return doubts;
}

/** The rows that alternative parents lead to different tenants; those that were not counted in time are told of by the other count. */
async function countTorn(client: pg.ClientBase, situation: Situation, tenant: TenantTable): Promise<number> {
  const source = sourceOf(situation, tenant);
  if (source?.kind !== 'ways' || source.ways.length < 2 || source.ways.some(({ type }) => type !== null)) return 0;
  const alias = written(tenant.table.table.name);
  const tenants = source.ways.map((way) => wayTenant(situation, way, tenant.relation, alias));
  if (tenants.includes(null)) return 0;
  const said = `select pg_catalog.count(distinct said) from (values ${tenants.map((sql) => `(${sql ?? 'null'})`).join(', ')}) as way (said)`;
  const count = await counted(client, situation, tenant, `(${said}) > 1`);
  return count ?? 0;
}

/** @returns the count, or why there is none */
async function countOf(client: pg.ClientBase, situation: Situation, tenant: TenantTable): Promise<number | string> {
  const { table, column } = tenant;
  const alias = written(table.table.name);
  const tenantSql = attribution(situation, tenant, alias);
  if (tenantSql === null || column === null)
    return 'its rows are attributed by the backfill alone: they were not counted';
  const count = await counted(client, situation, tenant, `(${tenantSql}) is null`);
  return count ?? `its rows without a tenant were not counted within ${limitMs / 1000} s: NOT NULL will find them`;
}

/** How many rows of a table satisfy a condition; undefined where that takes too long. */
async function counted(
  client: pg.ClientBase,
  situation: Situation,
  tenant: TenantTable,
  condition: string,
): Promise<number | undefined> {
  return await inTime(
    client,
    `select pg_catalog.count(*) as count from ${ownRows(situation, tenant)} as ${written(tenant.table.table.name)} where ${condition}`,
  );
}

/** A count; undefined where it takes too long. */
async function inTime(client: pg.ClientBase, sql: string): Promise<number | undefined> {
  try {
    return await undone(client, async () => {
      await client.query(`set local statement_timeout = ${limitMs}`);
      const { rows } = await client.query<{ count: string }>(sql);
      return Number(rows[0]?.count ?? 0);
    });
  } catch (error) {
    if (sqlstateOf(error) !== '57014') throw error;
    return undefined;
  }
}
