import type pg from 'pg';
import { quoteWritten } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import type { BackfillBody } from './body.ts';

const relationKindsSql = loadSql(import.meta.url, './queries/relation-kinds.sql');
const ownFunctionsSql = loadSql(import.meta.url, './queries/own-functions.sql');

/**
 * Which backfills have to wait for which before them: where one writes what the other reads or writes, or where nobody knows
 * what is read, as behind a view or in a function that is not PostgreSQL's own.
 *
 * @returns for each body the places of those that come first
 */
export async function dependencies(
  client: pg.ClientBase,
  bodies: readonly BackfillBody[],
): Promise<readonly (readonly number[])[]> {
  const names = [...new Set(bodies.flatMap(({ relations }) => relations.map(quoteWritten)))];
  const functions = [...new Set(bodies.flatMap((body) => body.functions))];
  const { rows } = await client.query<{ name: string; oid: string | null; table: boolean }>(relationKindsSql, [names]);
  const known = new Map(rows.map((row) => [row.name, row]));
  const own = await client.query<{ name: string }>(ownFunctionsSql, [functions]);
  const strange = new Set(own.rows.map(({ name }) => name));
  const used = bodies.map(({ relations, functions: called, target }) => ({
    target: known.get(quoteWritten(target))?.oid,
    relations: relations.map((relation) => known.get(quoteWritten(relation))?.oid),
    isKnown:
      relations.every((relation) => known.get(quoteWritten(relation))?.table === true) &&
      !called.some((name) => strange.has(name)),
  }));
  return used.map((one, at) =>
    used.slice(0, at).flatMap((earlier, place) => {
      const apart =
        one.isKnown &&
        earlier.isKnown &&
        !one.relations.includes(earlier.target) &&
        !earlier.relations.includes(one.target);
      return apart ? [] : [place];
    }),
  );
}
