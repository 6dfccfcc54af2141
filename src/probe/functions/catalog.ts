import type { Routine } from '../../catalog/snapshot.ts';
import { loadSql } from '../../sql/load.ts';
import type { RunInput } from '../input.ts';
import type { Attempt } from '../session.ts';

const argumentsSql = loadSql(import.meta.url, './queries/arguments.sql');
const typesSql = loadSql(import.meta.url, './queries/types.sql');
const volatileSql = loadSql(import.meta.url, './queries/volatile.sql');

/** What a call of a function passes; field names are PostgreSQL's own where it has them. */
export interface Parameters {
  readonly oid: number;
  readonly variadic: boolean;
  /** It returns records of which nobody says the columns. */
  readonly shapeless: boolean;
  /** The names of its arguments; '' where they have none. */
  readonly names: readonly string[];
  /** The oids of their types. */
  readonly types: readonly number[];
}

/** A type of an argument, or one that such a type is made of. */
export interface ArgumentType {
  readonly oid: number;
  /** As SQL writes it, qualified where it is not PostgreSQL's own. */
  readonly name: string;
  /** b base, c composite, d domain, e enum, p pseudo, r range, m multirange */
  readonly typtype: string;
  readonly typcategory: string;
  readonly typelem: number;
  readonly typbasetype: number;
  /** The table whose rows are of this type; 0 where there is none. */
  readonly typrelid: number;
  readonly labels: readonly string[];
  /** The types of a composite's attributes. */
  readonly attributes: readonly number[];
}

/** What is known of functions beyond the snapshot. */
export interface CallCatalog {
  readonly parameters: ReadonlyMap<number, Parameters>;
  readonly types: ReadonlyMap<number, ArgumentType>;
  /** Names of functions that are not users' and may do more than read. */
  readonly volatileNames: ReadonlySet<string>;
}

/** Reads what is needed to call functions. */
export async function readCallCatalog(
  { session }: Pick<RunInput, 'session'>,
  routines: readonly Routine[],
): Promise<Attempt<CallCatalog>> {
  // Names of types come out qualified whatever the session's path.
  const qualified = { search_path: '' };
  const parameters = await session.truth<Parameters>(argumentsSql, [routines.map(({ oid }) => oid)], qualified);
  if (!parameters.ok) return parameters;
  const oids = [...new Set(parameters.value.flatMap(({ types }) => types))];
  const types = await session.truth<ArgumentType>(typesSql, [oids], qualified);
  if (!types.ok) return types;
  const names = await session.truth<{ proname: string }>(volatileSql);
  if (!names.ok) return names;
  return {
    ok: true,
    value: {
      parameters: new Map(parameters.value.map((one) => [one.oid, one])),
      types: new Map(types.value.map((type) => [type.oid, type])),
      volatileNames: new Set(names.value.map(({ proname }) => proname)),
    },
  };
}
