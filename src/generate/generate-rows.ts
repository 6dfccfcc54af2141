import type pg from 'pg';
import { findRelation, nameOf, primaryKeyOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { messageOf } from '../domain/errors.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { quoteIdent, quoteQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { readDomainValues } from './domains.ts';
import { Generator } from './generator.ts';
import { findLacking } from './lacking.ts';
import { obstaclesOf, type Obstacle } from './obstacle.ts';
import { parentsFirst } from './order.ts';
import { describedTables, planTables } from './plan.ts';
import { Presets } from './presets.ts';
import { withSaidReferences } from './said-references.ts';
import { readShapes, type ForeignKey } from './shape.ts';
import { planTenants } from './tenants.ts';
import { type Made, World } from './world.ts';

export interface GenerateOptions {
  /** Tenants that get rows, without the platform. */
  readonly tenants?: number;
  /** Rows of each table for each tenant. */
  readonly rows?: number;
}

/** What a generation made. */
export interface Generated {
  /** Tenants that got rows, without the platform. */
  readonly tenants: number;
  /** Rows that were stored, without those that triggers stored. */
  readonly rows: number;
  /** By table, those of the model and those that they need. */
  readonly relations: readonly { readonly relation: QualifiedName; readonly rows: number }[];
  /** What could not be made. */
  readonly obstacles: readonly Obstacle[];
}

/**
 * Makes rows of tenants that the database does not have, in every table of the model that holds rows of fewer than two, and in the
 * tables that those need. The server judges each row: constraints hold and triggers fire. The same database gets the same rows.
 *
 * Works in the open transaction of the caller, as a role that row-level security does not bind; commit it, or roll it back.
 */
export async function generateRows(
  client: pg.ClientBase,
  model: Model,
  snapshot: CatalogSnapshot,
  intent: Intent,
  { tenants: count = 3, rows = 3 }: GenerateOptions = {},
): Promise<Generated> {
  const lacking = await findLacking(client, model, snapshot, intent);
  const root = findRelation(snapshot, model.tenants.table);
  const described = describedTables(model, snapshot);
  const wanted = snapshot.relations.filter(({ oid }) => described.has(oid));
  const members = model.membership && findRelation(snapshot, model.membership.table);
  const shapes = await readShapes(client, withSaidReferences(snapshot, model), [
    ...wanted,
    ...[root ?? [], members ?? []].flat(),
  ]);
  const tenants = await planTenants(client, model, snapshot, shapes, count);
  const plans = planTables(model, snapshot, shapes, tenants, { rows, few: Math.min(2, rows) });
  const domains = await readDomainValues(client, shapes.types);
  const world = new World(client, model, shapes, plans, tenants, new Presets(client), domains);
  await adoptPlatform(world, root);

  await deferForeignKeys(world);
  const generator = new Generator(world);
  const needed = parentsFirst(plans).filter(
    ({ shape: { relation }, first }) => first || lacking.some((wanted) => sameName(wanted, nameOf(relation))),
  );
  for (const plan of needed) await generator.fill(plan);
  if (generator.shortfalls.length > 0) {
    generator.reconsider();
    for (const plan of needed) await generator.fill(plan);
  }
  for (const { made, foreignKey } of generator.pending) await fillForeignKey(world, snapshot, made, foreignKey);
  const dangling = await checkDeferred(client);

  const still = await findLacking(client, model, snapshot, intent);
  return {
    tenants: tenants.filter((tenant) => !tenant.platform && hasRows(world, tenant)).length,
    rows: world.count,
    relations: [...plans.values()].flatMap(({ shape }) => {
      const made = world.rowsOf(shape.relation.oid).length;
      return made === 0 ? [] : [{ relation: nameOf(shape.relation), rows: made }];
    }),
    obstacles: [
      ...obstaclesOf(world, generator, still),
      ...(dangling === null ? [] : [{ relation: model.tenants.table, reason: dangling }]),
    ],
  };
}

function hasRows(world: World, tenant: World['tenants'][number]): boolean {
  return [...world.plans.values()].some((plan) => plan.root && world.rowsFor(plan, tenant).length > 0);
}

/** The platform tenant may be there already. */
async function adoptPlatform(world: World, root: { readonly oid: number } | undefined): Promise<void> {
  const plan = world.plans.get(root?.oid ?? 0);
  const spec = plan?.specs.find(({ tenant }) => tenant?.platform === true);
  if (plan === undefined || spec?.tenant == null) return;
  const { shape } = plan;
  const names = [...shape.columns, ...shape.generated].map(({ attname }) => attname);
  const { rows } = await world.client.query<{ values: (string | null)[] }>(
    `select array[${names.map((name) => `t.${quoteIdent(name)}::pg_catalog.text`).join(', ')}]::pg_catalog.text[] as values
       from ${quoteQualified(nameOf(shape.relation))} t where t.${quoteIdent(world.model.tenants.key)}::pg_catalog.text = $1`,
    [spec.tenant.id],
  );
  const [found] = rows;
  if (found)
    world.add({ plan, spec, values: new Map(names.map((name, at) => [name, found.values[at] ?? null])), unmet: [] });
}

/** What is deferrable is checked at once, but for foreign keys: those may form a cycle. */
async function deferForeignKeys({ client, shapes }: World): Promise<void> {
  await client.query('set constraints all immediate');
  const names = [...shapes.tables.values()].flatMap(({ relation, foreignKeys }) =>
    foreignKeys
      .filter(({ deferrable }) => deferrable)
      .map(({ name }) => quoteQualified({ schema: relation.nspname, name })),
  );
  if (names.length > 0) await client.query(`set constraints ${[...new Set(names)].join(', ')} deferred`);
}

/** @returns what a deferred constraint has to say, or null */
async function checkDeferred(client: pg.ClientBase): Promise<string | null> {
  await client.query('savepoint rowhouse_deferred');
  try {
    await client.query('set constraints all immediate; release savepoint rowhouse_deferred');
    return null;
  } catch (error) {
    if (sqlstateOf(error) === null) throw error;
    await client.query('rollback to savepoint rowhouse_deferred; release savepoint rowhouse_deferred');
    return `A deferred constraint does not hold: ${messageOf(error)}.`;
  }
}

/** Fills a foreign key that was left empty, if there is a row now that it can lead to; it takes NULL, so that nothing is lost where there is none. */
async function fillForeignKey(
  world: World,
  snapshot: CatalogSnapshot,
  { plan, spec, values }: Made,
  foreignKey: ForeignKey,
): Promise<void> {
  const target = world.plans.get(foreignKey.target);
  const parents = target ? world.rowsFor(target, spec.tenant) : [];
  const parent = parents.find((row) => row.values !== values);
  const key = primaryKeyOf(snapshot, plan.shape.relation);
  if (parent === undefined || key.length === 0) return;
  const set = foreignKey.columns.map((column, at) => `${quoteIdent(column)} = $${at + 1}`);
  const where = key.map((column, at) => `${quoteIdent(column)}::pg_catalog.text = $${set.length + at + 1}`);
  const sql = `update ${quoteQualified(nameOf(plan.shape.relation))} set ${set.join(', ')} where ${where.join(' and ')}`;
  const parameters = [
    ...foreignKey.targetColumns.map((column) => parent.values.get(column) ?? null),
    ...key.map((column) => values.get(column) ?? null),
  ];
  await world.client.query('savepoint rowhouse_pending');
  try {
    await world.client.query(sql, parameters);
    await world.client.query('release savepoint rowhouse_pending');
  } catch (error) {
    if (sqlstateOf(error) === null) throw error;
    await world.client.query('rollback to savepoint rowhouse_pending; release savepoint rowhouse_pending');
  }
}
