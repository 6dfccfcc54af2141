import type pg from 'pg';
import { sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import { quoteIdent } from '../sql/ident.ts';
import type { Value } from './pool.ts';
import type { Condition, TableShape } from './shape.ts';

/** Columns that take their values together, and the values that they may take. */
export interface Variable {
  readonly columns: readonly string[];
  readonly choices: readonly (readonly Value[])[];
}

/** Assignments of one component that are asked for. */
const wanted = 24;
/** Combinations that one query looks at. */
const mostCombinations = 20_000;
/** Combinations that are tried one by one, where looking at all of them at once raises an error. */
const mostTries = 60;

/**
 * Finds values for which no condition is false: the server evaluates the conditions over all combinations of candidates.
 *
 * @returns assignments of all the variables, the best first; none where no combination of the candidates will do
 */
export async function solve(
  client: pg.ClientBase,
  shape: TableShape,
  conditions: readonly Condition[],
  variables: readonly Variable[],
): Promise<readonly ReadonlyMap<string, Value>[]> {
  const bounded = withinBounds(variables);
  const all = await evaluate(client, shape, conditions, bounded);
  if (all !== null) return all;
  const found: ReadonlyMap<string, Value>[] = [];
  for (const combination of combinationsOf(bounded).slice(0, mostTries)) {
    found.push(...((await evaluate(client, shape, conditions, combination)) ?? []));
    if (found.length >= wanted) break;
  }
  return found;
}

/** Null where the server raised an error: a candidate is no value of its type, or a condition cannot be evaluated for it. */
async function evaluate(
  client: pg.ClientBase,
  shape: TableShape,
  conditions: readonly Condition[],
  variables: readonly Variable[],
): Promise<readonly ReadonlyMap<string, Value>[] | null> {
  const columns = variables.flatMap((variable) => variable.columns);
  const sql = queryOf(shape, conditions, variables);
  const values = variables.flatMap(({ choices, columns: own }) =>
    own.map((_, at) => choices.map((choice) => choice[at])),
  );
  try {
    const { rows } = await undone(client, () => client.query<{ values: Value[] }>(sql, values));
    return rows.map((row) => new Map(columns.map((column, at) => [column, row.values[at] ?? null])));
  } catch (error) {
    if (sqlstateOf(error) === null) throw error;
    return null;
  }
}

function queryOf(shape: TableShape, conditions: readonly Condition[], variables: readonly Variable[]): string {
  let parameter = 0;
  const sources = variables.map(({ columns }, at) => {
    const lists = columns.map(() => `$${(parameter += 1)}::pg_catalog.text[]`);
    return `pg_catalog.unnest(${lists.join(', ')}) with ordinality as v${at} (${columns.map((_, n) => `c${n}, `).join('')}n)`;
  });
  const at = new Map(
    variables.flatMap(({ columns }, index) => columns.map((column, n) => [column, `v${index}.c${n}`] as const)),
  );
  const fields = shape.columns.map(
    ({ attname, stored }) => `${at.get(attname) ?? 'null'}::${stored.name} as ${quoteIdent(attname)}`,
  );
  const named = new Set(conditions.flatMap(({ columns }) => columns));
  const computed = shape.generated
    .filter(({ attname }) => named.has(attname))
    .map((column) => `, (${column.default ?? 'null'}) as ${quoteIdent(column.attname)}`);
  const name = quoteIdent(shape.relation.relname);
  const tests = conditions.map((condition) => `and (${condition.sql}\n) is not false`);
  const ranks = variables.map((_, index) => `v${index}.n`);
  // The conditions see the row and nothing else: a column may have any name.
  return `
    select ${name}.rowhouse_values as values
      from (select ${name}.*${computed.join('')}
              from (select ${[
                ...fields,
                `array[${[...at.values()].join(', ')}]::pg_catalog.text[] as rowhouse_values`,
                `array[${[ranks.join(' + '), ...ranks].join(', ')}] as rowhouse_ranks`,
              ].join(', ')}
                      from ${sources.join(' cross join ')}) as ${name}) as ${name}
     where true ${tests.join(' ')}
     order by ${name}.rowhouse_ranks
     limit ${wanted}`;
}

/** Takes candidates from the longest lists until there are few enough combinations. */
function withinBounds(variables: readonly Variable[]): readonly Variable[] {
  const lengths = variables.map(({ choices }) => choices.length);
  const product = (): number => lengths.reduce((all, length) => all * length, 1);
  while (product() > mostCombinations) {
    const longest = lengths.indexOf(Math.max(...lengths));
    lengths[longest] = (lengths[longest] ?? 1) - 1;
  }
  return variables.map((variable, at) => ({ ...variable, choices: variable.choices.slice(0, lengths[at]) }));
}

/** Combinations as variables with one choice each, the best first. */
export function combinationsOf(variables: readonly Variable[]): readonly (readonly Variable[])[] {
  let combined: { readonly parts: readonly Variable[]; readonly rank: number }[] = [{ parts: [], rank: 0 }];
  for (const variable of variables) {
    combined = combined
      .flatMap(({ parts, rank }) =>
        variable.choices.map((choice, n) => ({
          parts: [...parts, { ...variable, choices: [choice] }],
          rank: rank + n,
        })),
      )
      .sort((a, b) => a.rank - b.rank)
      .slice(0, mostTries * 4);
  }
  return combined.map(({ parts }) => parts);
}
