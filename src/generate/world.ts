import type pg from 'pg';
import type { Model } from '../model/model.ts';
import { gatherHints, type Hints } from './hints.ts';
import type { RowSpec, TablePlan, Tenant } from './plan.ts';
import type { Value } from './pool.ts';
import type { Presets } from './presets.ts';
import type { Condition, Shapes, TableShape } from './shape.ts';
import { solve, type Variable } from './solve.ts';
import type { DomainValues } from './values.ts';

/** A row that is stored. */
export interface Made {
  readonly plan: TablePlan;
  readonly spec: RowSpec;
  readonly values: ReadonlyMap<string, Value>;
  /** Wishes that it does not fulfil. */
  readonly unmet: readonly Condition[];
}

/** What a generation works with, and the rows that it has made so far. */
export class World {
  readonly #rows = new Map<number, Made[]>();
  readonly #serials = new Map<number, number>();
  readonly #hints = new Map<string, ReadonlyMap<string, Hints>>();
  readonly #solved = new Map<string, ReturnType<typeof solve>>();
  readonly #referenced: ReadonlyMap<string, number>;

  constructor(
    readonly client: pg.ClientBase,
    readonly model: Model,
    readonly shapes: Shapes,
    readonly plans: ReadonlyMap<number, TablePlan>,
    readonly tenants: readonly Tenant[],
    readonly presets: Presets,
    readonly domains: DomainValues,
  ) {
    this.#referenced = new Map(
      [...shapes.tables.values()]
        .flatMap(({ foreignKeys, columns }) =>
          foreignKeys.flatMap(({ target, targetColumns, columns: own }) =>
            targetColumns.map((column, at): [string, number] => {
              const holder = columns.find(({ attname }) => attname === own[at]);
              return [`${target}.${column}`, mostOf(holder?.stored.type.typname)];
            }),
          ),
        )
        // The last of equal keys counts: the smallest.
        .sort(([, a], [, b]) => b - a),
    );
  }

  rowsOf(oid: number): readonly Made[] {
    return this.#rows.get(oid) ?? [];
  }

  rowsFor({ shape }: TablePlan, tenant: Tenant | null): readonly Made[] {
    return this.rowsOf(shape.relation.oid).filter(({ spec }) => spec.tenant === tenant);
  }

  add(made: Made): void {
    const { oid } = made.plan.shape.relation;
    this.#rows.set(oid, [...this.rowsOf(oid), made]);
  }

  get count(): number {
    return [...this.#rows.values()].reduce((all, rows) => all + rows.length, 0);
  }

  nextSerial({ shape }: TablePlan): number {
    const serial = (this.#serials.get(shape.relation.oid) ?? 0) + 1;
    this.#serials.set(shape.relation.oid, serial);
    return serial;
  }

  /** Whether a foreign key leads to a column. */
  isReferenced({ shape }: TablePlan, column: string): boolean {
    return this.#referenced.has(`${shape.relation.oid}.${column}`);
  }

  /** The largest number that all columns take that refer to this one. */
  mostFor({ shape }: TablePlan, column: string): number {
    return this.#referenced.get(`${shape.relation.oid}.${column}`) ?? Infinity;
  }

  /** What conditions allow; asked once for the same candidates. */
  async solve(
    shape: TableShape,
    conditions: readonly Condition[],
    variables: readonly Variable[],
  ): Promise<readonly ReadonlyMap<string, Value>[]> {
    const key = JSON.stringify([shape.relation.oid, conditions.map(({ sql }) => sql), variables]);
    const solved = this.#solved.get(key) ?? solve(this.client, shape, conditions, variables);
    this.#solved.set(key, solved);
    return await solved;
  }

  hintsOf(expressions: readonly string[]): ReadonlyMap<string, Hints> {
    const key = JSON.stringify(expressions);
    const hints = this.#hints.get(key) ?? gatherHints(expressions);
    this.#hints.set(key, hints);
    return hints;
  }
}

/** A row that is being made, and the values by which other rows may refer to it already. */
export interface InProgress {
  readonly plan: TablePlan;
  readonly spec: RowSpec;
  readonly planned: Map<string, Value>;
}

function mostOf(typname: string | undefined): number {
  return typname === 'int2' ? 32_767 : typname === 'int4' ? 2_147_483_647 : Infinity;
}
