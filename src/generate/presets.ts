import type pg from 'pg';
import { undone } from '../postgres/impersonate.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { parseExpression } from '../sql/parse.ts';
import { lastName, nodesOf } from '../sql/tree.ts';
import type { Value } from './pool.ts';
import type { TableShape } from './shape.ts';

/** Functions that come to the same within a transaction. */
const steady =
  /^(now|timezone|transaction_timestamp|date_trunc|make_interval|to_timestamp|lower|upper|jsonb?_build_(object|array))$/;

/** What the defaults of columns come to, of those that are the same for every row. */
export class Presets {
  readonly #known = new Map<number, Promise<ReadonlyMap<string, Value>>>();

  constructor(private readonly client: pg.ClientBase) {}

  async of(shape: TableShape): Promise<ReadonlyMap<string, Value>> {
    const { oid } = shape.relation;
    const known = this.#known.get(oid) ?? this.#read(shape);
    this.#known.set(oid, known);
    return await known;
  }

  async #read({ columns }: TableShape): Promise<ReadonlyMap<string, Value>> {
    const defaults = columns.flatMap(({ attname, default: sql }) =>
      sql !== null && isSteady(sql) ? [{ attname, sql }] : [],
    );
    if (defaults.length === 0) return new Map();
    const list = defaults.map(({ sql }) => `(${sql})::pg_catalog.text`).join(', ');
    try {
      const { rows } = await undone(this.client, () =>
        this.client.query<{ values: Value[] }>(`select array[${list}]::pg_catalog.text[] as values`),
      );
      return new Map(defaults.map(({ attname }, at) => [attname, rows[0]?.values[at] ?? null]));
    } catch (error) {
      if (sqlstateOf(error) === null) throw error;
      return new Map();
    }
  }
}

/** A default that asks neither the session nor a sequence, and makes nothing at random. */
function isSteady(sql: string): boolean {
  return [...nodesOf(parseExpression(sql))].every(
    ({ tag, value }) =>
      (tag !== 'FuncCall' || steady.test(lastName(value['funcname']) ?? '')) &&
      !(tag === 'SQLValueFunction' && /USER|ROLE|CATALOG|SCHEMA/.test(String(value['op']))),
  );
}
