import { combinationsOf, type Variable } from './solve.ts';
import { exampleText } from './example.ts';
import { addHints, noHints, type Hints } from './hints.ts';
import { type Choice, chooseParents } from './parents.ts';
import { ownedBy, type RowSpec, type TablePlan } from './plan.ts';
import { poolOf, type Value } from './pool.ts';
import type { Seed } from './seed.ts';
import { sourcesOf, type Condition, type ShapeColumn } from './shape.ts';
import type { InProgress, World } from './world.ts';

/** How a try differs from the ones before it. */
export interface Variation {
  /** Other values of what must not repeat. */
  readonly salt: number;
  /** Other rows for the foreign keys. */
  readonly parents: number;
  /** Other values of those that the conditions allow. */
  readonly pick: number;
  /** With nothing but what a row needs. */
  readonly bare: boolean;
}

/** A row to be tried. */
export interface Composed {
  readonly row: ReadonlyMap<string, Value>;
  /** Columns whose values are not for the generator to choose. */
  readonly settled: ReadonlySet<string>;
  /** In how many ways the foreign keys can be filled. */
  readonly parentChoices: number;
  /** Wishes that no candidates fulfil. */
  readonly unmet: readonly Condition[];
  /** Foreign keys that were left empty, because there is nothing yet that they could lead to. */
  readonly pending: readonly Choice['foreignKey'][];
}

export type Composition =
  { readonly ok: true; readonly value: Composed } | { readonly ok: false; readonly reason: string };

/** Puts a row together: what is settled, then foreign keys, then what the conditions allow, then the rest. */
export async function compose(
  world: World,
  plan: TablePlan,
  spec: RowSpec,
  seed: Seed,
  variation: Variation,
  progress: readonly InProgress[],
  makeParent: (plan: TablePlan, tenant: RowSpec['tenant']) => Promise<string | null>,
): Promise<Composition> {
  const { shape } = plan;
  const settled = settle(world, plan, spec, seed);
  const presets = await world.presets.of(shape);
  const { conditions, hints } = conditionsOf(world, plan, spec);
  const foreign = new Set(shape.foreignKeys.flatMap(({ columns }) => columns));
  const keyColumns = new Set(shape.keys.filter(({ exclusion }) => !exclusion).flatMap(({ columns }) => columns));
  const pool = (column: ShapeColumn): readonly Value[] =>
    poolOf(world.shapes.types, world.domains, {
      column,
      hints: hints.get(column.attname),
      seed,
      key: keyColumns.has(column.attname) || world.isReferenced(plan, column.attname),
      most: world.mostFor(plan, column.attname),
      preset: presets.get(column.attname),
      hidden: plan.hidden,
      asked: plan.asked.get(column.attname) ?? [],
    });
  const named = new Set(conditions.flatMap(({ columns }) => columns));

  // Rows that refer to this one may come first: they have to know by what.
  const own = progress.at(-1)?.planned;
  for (const column of shape.columns) {
    const { attname } = column;
    if (foreign.has(attname) || named.has(attname) || !world.isReferenced(plan, attname)) continue;
    if (!settled.has(attname)) settled.set(attname, own?.get(attname) ?? pool(column)[0] ?? null);
  }
  const free = new Set(shape.columns.map(({ attname }) => attname).filter((name) => !settled.has(name)));
  if (own !== undefined) for (const [name, value] of settled) own.set(name, value);

  const chosen = await chooseParents(world, plan, spec, seed, settled, named, variation.parents, progress, makeParent);
  if (!chosen.ok) return chosen;

  const open = shape.columns.filter(({ attname }) => !settled.has(attname) && !chosen.open.has(attname));
  const variables = [
    ...chosen.variables,
    ...open
      .filter(({ attname }) => named.has(attname))
      .map((column) => ({ columns: [column.attname], choices: pool(column).map((value) => [value]) })),
  ];
  const solved = await assign(world, plan, conditions, spec.wants, settled, variables, variation.pick + variation.salt);
  const row = new Map([...settled, ...solved.values]);
  for (const column of open) {
    if (named.has(column.attname)) continue;
    const leftOut = column.default !== null || column.attidentity !== '' || !column.required;
    if (variation.bare && leftOut) continue;
    const values = pool(column);
    row.set(
      column.attname,
      values[keyColumns.has(column.attname) ? variation.salt % Math.max(1, values.length) : 0] ?? null,
    );
  }
  const order = shape.columns.map(({ attname }) => attname).filter((name) => row.has(name));
  return {
    ok: true,
    value: {
      row: new Map(order.map((name) => [name, row.get(name) ?? null])),
      settled: new Set([...order].filter((name) => !free.has(name) || foreign.has(name))),
      parentChoices: chosen.combinations,
      unmet: solved.unmet,
      pending: chosen.pending,
    },
  };
}

/** What the template, the owner and the model's user column say. */
function settle(world: World, plan: TablePlan, spec: RowSpec, seed: Seed): Map<string, Value> {
  const settled = new Map<string, Value>();
  const { shape, owner, user } = plan;
  for (const column of shape.columns) {
    const value = plan.example.get(column.attname);
    if (value !== undefined) settled.set(column.attname, exampleText(value, column, seed));
  }
  if (owner.kind === 'column') settled.set(owner.column, spec.tenant?.id ?? null);
  if (spec.tenant === null) for (const column of plan.through) settled.set(column, null);
  const { schema } = world.model.tenants;
  if (plan.root && schema !== null && spec.tenant?.schema != null) settled.set(schema, spec.tenant.schema);
  const led = user !== null && shape.foreignKeys.some(({ columns }) => columns.includes(user));
  const whose = spec.outsider ?? spec.tenant;
  if (user !== null && !led && !settled.has(user) && whose !== null) {
    const at = spec.outsider === undefined ? (seed.index - 1) % whose.users.length : 0;
    settled.set(user, whose.users[at] ?? null);
  }
  return settled;
}

function conditionsOf(world: World, plan: TablePlan, spec: RowSpec) {
  const { shape, owner } = plan;
  const whose = owner.kind === 'expression' ? [ownedBy(shape.relation, owner.expression, spec.tenant)] : [];
  const conditions = [...shape.conditions, ...whose, ...spec.wants];
  return { conditions, hints: hintsFor(world, plan, conditions) };
}

/** What is said of a generated column concerns those that it is made of. */
function hintsFor(world: World, { shape }: TablePlan, conditions: readonly Condition[]): ReadonlyMap<string, Hints> {
  const gathered = world.hintsOf(conditions.map(({ sql }) => sql));
  const hints = new Map(gathered);
  for (const column of shape.generated) {
    const said = gathered.get(column.attname);
    if (said === undefined) continue;
    for (const source of sourcesOf(column)) {
      const merged = noHints();
      for (const part of [hints.get(source) ?? noHints(), said]) addHints(merged, part);
      hints.set(source, merged);
    }
  }
  return hints;
}

interface Assigned {
  readonly values: ReadonlyMap<string, Value>;
  readonly unmet: readonly Condition[];
}

/** Finds values for the columns that conditions name; a wish that cannot be fulfilled is given up, and named. */
async function assign(
  world: World,
  { shape }: TablePlan,
  conditions: readonly Condition[],
  wants: readonly Condition[],
  settled: ReadonlyMap<string, Value>,
  variables: readonly Variable[],
  pick: number,
): Promise<Assigned> {
  const values = new Map<string, Value>();
  const unmet: Condition[] = [];
  for (const part of componentsOf(conditions, settled, variables)) {
    let solutions = await world.solve(shape, part.conditions, part.variables);
    if (solutions.length === 0) {
      const wished = part.conditions.filter((condition) => wants.includes(condition));
      unmet.push(...wished);
      const needed = part.conditions.filter((condition) => !wants.includes(condition));
      solutions = wished.length === 0 ? [] : await world.solve(shape, needed, part.variables);
    }
    if (solutions.length > 0) {
      for (const [column, value] of solutions[pick % solutions.length] ?? []) values.set(column, value);
      continue;
    }
    // Where nothing will do, or nothing can be told beforehand, the server shall say so of one candidate after the other.
    const combinations = combinationsOf(part.variables);
    for (const { columns, choices } of combinations[pick % Math.max(1, combinations.length)] ?? []) {
      columns.forEach((column, at) => values.set(column, choices[0]?.[at] ?? null));
    }
  }
  return { values, unmet };
}

interface Component {
  readonly conditions: readonly Condition[];
  readonly variables: readonly Variable[];
}

/** Conditions that share a column that is still open belong together. */
function componentsOf(
  conditions: readonly Condition[],
  settled: ReadonlyMap<string, Value>,
  variables: readonly Variable[],
): readonly Component[] {
  const fixed = (columns: readonly string[]): readonly Variable[] =>
    columns.flatMap((column) =>
      settled.has(column) ? [{ columns: [column], choices: [[settled.get(column) ?? null]] }] : [],
    );
  let parts: { conditions: Condition[]; variables: Set<Variable> }[] = [];
  for (const condition of conditions) {
    const own = new Set(
      variables.filter(({ columns }) => columns.some((column) => condition.columns.includes(column))),
    );
    const touching = parts.filter((part) => [...own].some((variable) => part.variables.has(variable)));
    const merged = {
      conditions: [...touching.flatMap((part) => part.conditions), condition],
      variables: new Set([...touching.flatMap((part) => [...part.variables]), ...own]),
    };
    parts = [...parts.filter((part) => !touching.includes(part)), merged];
  }
  return parts.map((part) => {
    const columns = [...new Set(part.conditions.flatMap((condition) => condition.columns))];
    return { conditions: part.conditions, variables: [...part.variables, ...fixed(columns)] };
  });
}
