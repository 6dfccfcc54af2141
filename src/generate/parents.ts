import { formatQualified } from '../sql/ident.ts';
import { nameOf } from '../catalog/lookup.ts';
import type { RowSpec, TablePlan, Tenant } from './plan.ts';
import type { Value } from './pool.ts';
import type { Seed } from './seed.ts';
import type { ForeignKey } from './shape.ts';
import type { Variable } from './solve.ts';
import { rotate } from './values.ts';
import type { InProgress, World } from './world.ts';

/** A foreign key, and the rows that it may lead to, as values of its columns. */
export interface Choice {
  readonly foreignKey: ForeignKey;
  readonly tuples: readonly (readonly Value[])[];
}

export type ChosenParents =
  | {
      readonly ok: true;
      /** Foreign keys that conditions name: they choose. */
      readonly variables: readonly Variable[];
      /** The columns of those. */
      readonly open: ReadonlySet<string>;
      readonly combinations: number;
      readonly pending: readonly ForeignKey[];
    }
  | { readonly ok: false; readonly reason: string };

/** Makes one more row of a table; says why not. */
export type MakeParent = (plan: TablePlan, tenant: Tenant | null) => Promise<string | null>;

/** Fills the foreign keys: with rows of the same tenant, which are made where there are none. */
export async function chooseParents(
  world: World,
  plan: TablePlan,
  spec: RowSpec,
  seed: Seed,
  settled: Map<string, Value>,
  named: ReadonlySet<string>,
  variation: number,
  progress: readonly InProgress[],
  makeParent: MakeParent,
): Promise<ChosenParents> {
  const variables: Variable[] = [];
  const pending: ForeignKey[] = [];
  let combinations = 1;
  const isSettled = (column: string): boolean => settled.has(column);
  const keys = plan.shape.foreignKeys.toSorted(
    (a, b) => b.columns.filter(isSettled).length - a.columns.filter(isSettled).length,
  );
  for (const foreignKey of keys) {
    const open = foreignKey.columns.filter((column) => !settled.has(column));
    const found = await tuplesFor(world, plan, spec, foreignKey, settled, progress, makeParent);
    if (open.length === 0) continue;
    if (!found.ok) {
      const nullable = plan.shape.columns.filter(({ attname, required }) => open.includes(attname) && !required);
      if (nullable.length === 0) return found;
      for (const { attname } of nullable) settled.set(attname, null);
      // The first row of a tree stays its root.
      if (foreignKey.target !== plan.shape.relation.oid) pending.push(foreignKey);
      continue;
    }
    const at = open.map((column) => foreignKey.columns.indexOf(column));
    const tuples = distinct(found.tuples.map((tuple) => at.map((position) => tuple[position] ?? null)));
    if (open.some((column) => named.has(column))) {
      const none = plan.through.some((column) => open.includes(column)) ? [] : withoutParent(plan, open, tuples);
      variables.push({ columns: open, choices: [...rotate(tuples, seed.index - 1 + variation), ...none] });
      continue;
    }
    const turn = seed.index - 1 + (Math.floor(variation / combinations) % tuples.length);
    combinations *= tuples.length;
    const tuple = tuples[turn % tuples.length] ?? [];
    open.forEach((column, position) => settled.set(column, tuple[position] ?? null));
  }
  return { ok: true, variables, open: new Set(variables.flatMap(({ columns }) => columns)), combinations, pending };
}

/** What a condition may want of a key that takes NULL: that it leads nowhere. */
function withoutParent(
  { shape }: TablePlan,
  columns: readonly string[],
  [first]: readonly (readonly Value[])[],
): readonly (readonly Value[])[] {
  const nullable = new Set(shape.columns.filter(({ required }) => !required).map(({ attname }) => attname));
  if (!columns.some((column) => nullable.has(column))) return [];
  return [columns.map((column, at) => (nullable.has(column) ? null : (first?.[at] ?? null)))];
}

type Tuples =
  | { readonly ok: true; readonly tuples: readonly (readonly Value[])[] }
  | { readonly ok: false; readonly reason: string };

async function tuplesFor(
  world: World,
  plan: TablePlan,
  spec: RowSpec,
  foreignKey: ForeignKey,
  settled: ReadonlyMap<string, Value>,
  progress: readonly InProgress[],
  makeParent: MakeParent,
): Promise<Tuples> {
  const target = world.plans.get(foreignKey.target);
  const name = target ? formatQualified(nameOf(target.shape.relation)) : 'a table that is not there';
  if (target === undefined) return { ok: false, reason: `It needs a row of ${name}.` };
  const tenant = whoseParent(world, plan, target, spec, foreignKey);
  const known = (): readonly (readonly Value[])[] => candidates(world, target, tenant, foreignKey, settled);
  const first = known();
  if (first.length > 0) return { ok: true, tuples: first };

  const open = progress.findLast((entry) => entry.plan === target && entry.spec.tenant === tenant);
  const itself = open !== undefined && open === progress.at(-1);
  if (open !== undefined && (itself ? !foreignKey.nullable : foreignKey.deferrable)) {
    const tuple = foreignKey.targetColumns.map((column) => open.planned.get(column) ?? null);
    if (tuple.every((value) => value !== null) && fits(foreignKey, tuple, settled))
      return { ok: true, tuples: [tuple] };
  }
  if (progress.some((entry) => entry.plan === target)) {
    return {
      ok: false,
      reason: `It needs a row of ${name}, which needs this one: ${foreignKey.name} is not deferrable.`,
    };
  }
  const failure = await makeParent(target, tenant);
  const made = known();
  if (made.length > 0) return { ok: true, tuples: made };
  const others = target.owner.kind === 'none' ? [...allTuples(world, target, foreignKey, settled)] : [];
  if (others.length > 0) return { ok: true, tuples: others };
  return { ok: false, reason: `It needs a row of ${name}${failure === null ? ' that fits' : `: ${failure}`}` };
}

/** Whose row a foreign key should lead to. */
function whoseParent(
  world: World,
  plan: TablePlan,
  target: TablePlan,
  { tenant, outsider }: RowSpec,
  { columns }: ForeignKey,
): Tenant | null {
  const whose = outsider !== undefined && plan.user !== null && columns.includes(plan.user) ? outsider : tenant;
  const has = (candidate: Tenant | null): boolean => target.specs.some((spec) => spec.tenant === candidate);
  if (has(whose) || whose?.platform === true) return whose;
  if (has(null)) return null;
  return whose ?? world.tenants.find(has) ?? null;
}

function candidates(
  world: World,
  target: TablePlan,
  tenant: Tenant | null,
  foreignKey: ForeignKey,
  settled: ReadonlyMap<string, Value>,
): readonly (readonly Value[])[] {
  return tuplesOf(
    world.rowsFor(target, tenant).map(({ values }) => values),
    foreignKey,
    settled,
  );
}

function allTuples(
  world: World,
  target: TablePlan,
  foreignKey: ForeignKey,
  settled: ReadonlyMap<string, Value>,
): readonly (readonly Value[])[] {
  return tuplesOf(
    world.rowsOf(target.shape.relation.oid).map(({ values }) => values),
    foreignKey,
    settled,
  );
}

function tuplesOf(
  rows: readonly ReadonlyMap<string, Value>[],
  foreignKey: ForeignKey,
  settled: ReadonlyMap<string, Value>,
): readonly (readonly Value[])[] {
  return rows
    .map((values) => foreignKey.targetColumns.map((column) => values.get(column) ?? null))
    .filter((tuple) => tuple.every((value) => value !== null) && fits(foreignKey, tuple, settled));
}

function fits({ columns }: ForeignKey, tuple: readonly Value[], settled: ReadonlyMap<string, Value>): boolean {
  return columns.every((column, at) => !settled.has(column) || settled.get(column) === tuple[at]);
}

function distinct(tuples: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  return [...new Map(tuples.map((tuple) => [JSON.stringify(tuple), tuple])).values()];
}
