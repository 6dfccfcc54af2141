import { compose, type Composed, type Composition, type Variation } from './compose.ts';
import { contextOf } from './context-of.ts';
import { findRow, insertRows, type Judge, type Refusal } from './insert.ts';
import type { RowSpec, TablePlan, Tenant } from './plan.ts';
import type { Seed } from './seed.ts';
import type { ForeignKey } from './shape.ts';
import type { InProgress, Made, World } from './world.ts';

/** Tries of one row. */
const mostTries = 20;
/** No privilege, no lock, no time or no room: other values would not help. */
const beyondValues = /^(42501|55P03|57014|53)/;
/** Rows of one table beyond those that are planned. */
const mostExtra = 60;

/** Why a row could not be made, or in what it is not what was wished for. */
export interface Shortfall {
  readonly plan: TablePlan;
  readonly spec: RowSpec;
  readonly reason: string;
}

/** Makes rows one by one, and the rows that they need before them. */
export class Generator {
  readonly shortfalls: Shortfall[] = [];
  /** Rows with foreign keys that are to be filled at the end. */
  readonly pending: { readonly made: Made; readonly foreignKey: ForeignKey }[] = [];
  readonly #contextual = new Set<TablePlan>();
  readonly #progress: InProgress[] = [];
  readonly #extra = new Map<TablePlan, number>();
  /** Whose rows of a table the server refuses, whatever is tried, and why. */
  readonly #hopeless = new Map<TablePlan, Map<Tenant | null, string>>();

  constructor(private readonly world: World) {}

  /** Makes all rows that are planned for a table and not made yet. */
  async fill(plan: TablePlan): Promise<void> {
    if (await this.#fillAtOnce(plan)) return;
    const stopped = new Set<Tenant | null>();
    for (const { spec, index } of inTurns(plan.specs)) {
      const { tenant } = spec;
      const hopeless = stopped.has(tenant) || this.#hopeless.get(plan)?.has(tenant) === true;
      if (hopeless || index <= this.world.rowsFor(plan, tenant).length) continue;
      // What failed for the first row of a tenant fails for the others too.
      if ((await this.#make(plan, spec)) === null && this.world.rowsFor(plan, tenant).length === 0) stopped.add(tenant);
    }
  }

  /** Forgets what was refused before other rows were there. */
  reconsider(): void {
    this.shortfalls.length = 0;
    this.#hopeless.clear();
  }

  /** Nearly all tables take their rows at the first try: one statement then stores them. */
  async #fillAtOnce(plan: TablePlan): Promise<boolean> {
    const { world } = this;
    const { shape, specs } = plan;
    const { oid } = shape.relation;
    if (world.rowsOf(oid).length > 0 || shape.foreignKeys.some(({ target }) => target === oid)) return false;
    const made: { readonly spec: RowSpec; readonly composed: Composed }[] = [];
    for (const spec of specs) {
      const index = made.filter((other) => other.spec.tenant === spec.tenant).length + 1;
      const seed = seedOf(plan, spec, index, made.length + 1, 0);
      const composed = await this.#compose(plan, spec, seed, firstTry);
      if (!composed.ok) return false;
      made.push({ spec, composed: composed.value });
    }
    if (made.length < 2) return false;
    const rows = made.map(({ spec, composed }) => ({ row: composed.row, judge: judgeOf(plan, spec) }));
    const inserted = await insertRows(world.client, shape, rows, {});
    if (!inserted.ok) return false;
    made.forEach(({ spec, composed }, at) => {
      world.nextSerial(plan);
      this.#keep({ plan, spec, values: inserted.values[at] ?? new Map() }, composed);
    });
    return true;
  }

  async #compose(plan: TablePlan, spec: RowSpec, seed: Seed, variation: Variation): Promise<Composition> {
    this.#progress.push({ plan, spec, planned: new Map() });
    try {
      return await compose(this.world, plan, spec, seed, variation, this.#progress, (target, tenant) =>
        this.#makeNext(target, tenant),
      );
    } finally {
      this.#progress.pop();
    }
  }

  /** Makes one more row for a tenant. @returns why not, or null */
  async #makeNext(plan: TablePlan, tenant: Tenant | null): Promise<string | null> {
    const hopeless = this.#hopeless.get(plan)?.get(tenant);
    if (hopeless !== undefined) return hopeless;
    const made = this.world.rowsFor(plan, tenant).length;
    const planned = plan.specs.filter((spec) => spec.tenant === tenant)[made];
    if (planned === undefined) {
      const extra = (this.#extra.get(plan) ?? 0) + 1;
      if (extra > mostExtra || (plan.root && made > 0)) return 'no more of them can be made.';
      this.#extra.set(plan, extra);
    }
    const before = this.shortfalls.length;
    if ((await this.#make(plan, planned ?? { tenant, wants: [] })) !== null) return null;
    return this.shortfalls.slice(before).at(-1)?.reason ?? 'it could not be made.';
  }

  async #make(plan: TablePlan, spec: RowSpec): Promise<Made | null> {
    const { world } = this;
    const serial = world.nextSerial(plan);
    const index = world.rowsFor(plan, spec.tenant).length + 1;
    let variation = firstTry;
    let inContext = this.#contextual.has(plan);
    let reason = '';
    for (let tries = 1; tries <= mostTries; tries += 1) {
      const composed = await this.#compose(plan, spec, seedOf(plan, spec, index, serial, variation.salt), variation);
      if (!composed.ok) return this.#fail(plan, spec, composed.reason);
      const rows = [{ row: composed.value.row, judge: judgeOf(plan, spec) }];
      const inserted = await insertRows(world.client, plan.shape, rows, inContext ? contextOf(world, spec.tenant) : {});
      if (inserted.ok) {
        if (inContext) this.#contextual.add(plan);
        return this.#keep({ plan, spec, values: inserted.values[0] ?? new Map() }, composed.value);
      }
      reason = describeRefusal(inserted.refusal, tries);
      const next = await this.#vary(plan, spec, composed.value, inserted.refusal, variation, inContext);
      if (next === 'full') return null;
      if (next === 'stop') break;
      if ('values' in next) return this.#keep(next, composed.value);
      variation = next.variation;
      inContext = next.inContext;
    }
    if (index === 1)
      this.#hopeless.set(plan, (this.#hopeless.get(plan) ?? new Map<Tenant | null, string>()).set(spec.tenant, reason));
    return this.#fail(plan, spec, reason);
  }

  #keep(stored: Omit<Made, 'unmet'>, { unmet, pending }: Composed): Made {
    const made = { ...stored, unmet };
    this.world.add(made);
    if (made.plan.root && made.spec.tenant !== null) {
      made.spec.tenant.id = made.values.get(this.world.model.tenants.key) ?? made.spec.tenant.id;
    }
    for (const foreignKey of pending) this.pending.push({ made, foreignKey });
    return made;
  }

  #fail(plan: TablePlan, spec: RowSpec, reason: string): null {
    this.shortfalls.push({ plan, spec, reason });
    return null;
  }

  /** What to try next: after a refusal, something else; in the end, a row that is there already. */
  async #vary(
    plan: TablePlan,
    spec: RowSpec,
    composed: Composed,
    { sqlstate, constraint }: Refusal,
    variation: Variation,
    inContext: boolean,
  ): Promise<{ readonly variation: Variation; readonly inContext: boolean } | Omit<Made, 'unmet'> | 'full' | 'stop'> {
    const again = (change: Partial<Variation>, context = inContext) => ({
      variation: { ...variation, ...change },
      inContext: context,
    });
    const key = plan.shape.keys.find(({ name }) => name === constraint);
    if (sqlstate === '23505' || sqlstate === '23P01') {
      const chosen = key?.columns.filter((column) => composed.settled.has(column)) ?? [];
      if (key === undefined || chosen.length < key.columns.length) return again({ salt: variation.salt + 1 });
      const there = await this.#adopt(plan, spec, composed, key.columns);
      if (there !== null) return there;
      if (variation.parents + 1 < composed.parentChoices) return again({ parents: variation.parents + 1 });
      return (await this.#widen(plan, spec, key.columns)) ? again({ parents: 0 }) : this.#full(plan, spec);
    }
    if (beyondValues.test(sqlstate)) return 'stop';
    if (!inContext && spec.tenant !== null) return again({}, true);
    if (sqlstate === '23514') return again({ pick: variation.pick + 1 }, variation.pick % 2 === 1 && inContext);
    if (!variation.bare) return again({ bare: true });
    return again({ salt: variation.salt + 1, bare: variation.salt % 2 === 0 });
  }

  /** A row that stands where ours would, such as one that a trigger made: it is as good, if it is the tenant's. */
  async #adopt(
    plan: TablePlan,
    spec: RowSpec,
    { row }: Composed,
    columns: readonly string[],
  ): Promise<Omit<Made, 'unmet'> | null> {
    const { world } = this;
    const key = new Map(columns.map((column) => [column, row.get(column) ?? null]));
    const known = world
      .rowsOf(plan.shape.relation.oid)
      .some(({ values }) => columns.every((column) => values.get(column) === key.get(column)));
    if (known || spec.outsider !== undefined) return null;
    const values = await findRow(world.client, plan.shape, key);
    return values !== null && judgeOf(plan, spec)(values) === null ? { plan, spec, values } : null;
  }

  /** Makes another row that a foreign key of these columns can lead to. */
  async #widen(plan: TablePlan, { tenant }: RowSpec, columns: readonly string[]): Promise<boolean> {
    for (const { columns: own, target } of plan.shape.foreignKeys) {
      const parent = this.world.plans.get(target);
      if (parent === undefined || parent.root || !own.some((column) => columns.includes(column))) continue;
      const whose = parent.specs.some((spec) => spec.tenant === tenant) ? tenant : null;
      if (this.#progress.some((entry) => entry.plan === parent)) continue;
      if ((await this.#makeNext(parent, whose)) === null) return true;
    }
    return false;
  }

  /** No more rows have room for a tenant that has some: that is no failure. */
  #full(plan: TablePlan, spec: RowSpec): 'full' | 'stop' {
    return this.world.rowsFor(plan, spec.tenant).length > 0 ? 'full' : 'stop';
  }
}

const firstTry: Variation = { salt: 0, parents: 0, pick: 0, bare: false };

/** The first row of each tenant comes before a second of any: values that must differ may be few. */
function inTurns(specs: readonly RowSpec[]): readonly { readonly spec: RowSpec; readonly index: number }[] {
  const counts = new Map<Tenant | null, number>();
  const numbered = specs.map((spec) => {
    const index = (counts.get(spec.tenant) ?? 0) + 1;
    counts.set(spec.tenant, index);
    return { spec, index };
  });
  return numbered.toSorted((a, b) => a.index - b.index);
}

function seedOf({ shape }: TablePlan, { tenant }: RowSpec, index: number, serial: number, salt: number): Seed {
  return { label: tenant?.label ?? 'shared', table: shape.name, index, serial, salt };
}

/** A trigger may have made a row somebody else's. */
function judgeOf({ owner }: TablePlan, { tenant }: RowSpec): Judge {
  return (values) => {
    if (owner.kind !== 'column') return null;
    const stored = values.get(owner.column)?.trim() ?? null;
    if (stored?.toLowerCase() === tenant?.id.toLowerCase()) return null;
    return `a trigger made it a row of ${stored ?? 'nobody'}`;
  };
}

function describeRefusal({ message, sqlstate, constraint }: Refusal, tries: number): string {
  const which = constraint === null || message.includes(constraint) ? '' : ` (${constraint})`;
  return `${message}${which} (SQLSTATE ${sqlstate}; ${tries === 1 ? 'one row was' : `${tries} rows were`} tried).`;
}
