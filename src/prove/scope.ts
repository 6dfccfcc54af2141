import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Query, Term } from './term.ts';

/** Where a text is read, and as whom. */
export interface Place {
  /** Whose privileges and policies count for what is read; null for the truth, which none binds. */
  readonly role: string | null;
  /** Who `current_user` is: a view reads with its owner's rights, and the user stays; only a SECURITY DEFINER function is another. */
  readonly user: string | null;
  /** PostgreSQL printed it: what has no schema is in pg_catalog. Otherwise somebody wrote it, and a search path decides. */
  readonly printed: boolean;
  /** The tables by oid whose policies are being read: one that comes again ends in an error. */
  readonly policiesOf: readonly number[];
  /** Those of them whose policies are part of the same statement: PostgreSQL rewrites it with them before it reads a row. */
  readonly rewritten: readonly number[];
  /** How many functions and views deep. */
  readonly depth: number;
  /** What is kept of all that is read for one question. */
  readonly budget: Budget;
}

interface Budget {
  /** How many parts of expressions may still be read: functions that call each other can make any number of them. */
  left: number;
  /** What may change the session while it is asked, if there is something. */
  disturbedBy: string | null;
}

/** Why nothing may be said of all that was read at a place; null where something may. */
export function troubleAt({ budget }: Place): string | null {
  if (budget.disturbedBy !== null) return `${budget.disturbedBy}, which may change the session`;
  // It is too much to tell the solver.
  return budget.left < 0 ? 'an expression that is too large' : null;
}

const parts = 10_000;

/** Where what PostgreSQL has printed is read, with the rights of a role, or as the truth. */
export function printedPlace(role: string | null, { user = role }: { readonly user?: string | null } = {}): Place {
  return {
    role,
    user,
    printed: true,
    policiesOf: [],
    rewritten: [],
    depth: 0,
    budget: { left: parts, disturbedBy: null },
  };
}

/** Something in FROM. */
export interface Range {
  readonly schema: string | null;
  readonly alias: string;
  /** Its columns in order. */
  readonly names: readonly string[];
  /** Those that USING makes one with the same of what stands before it: by themselves they are that. */
  readonly merged?: readonly string[];
  /** Undefined for what is no column of it. */
  column(name: string): Term | undefined;
}

/** The names that an expression may use. */
export interface Scope {
  readonly place: Place;
  readonly ranges: readonly Range[];
  readonly outer: Scope | null;
  /** The queries that WITH names. */
  readonly named?: ReadonlyMap<string, NamedQuery>;
  /** The arguments of the function whose body it is, or of the text itself, by name and number. */
  readonly parameters: Parameters | null;
}

/** A query that WITH names, with the names of its columns where it gives them, and where it is read. */
export interface NamedQuery {
  readonly select: Readonly<Record<string, unknown>>;
  readonly columns: readonly string[];
  readonly scope: Scope;
}

export interface Parameters {
  /** The function's name, which may qualify them. */
  readonly of: string;
  readonly names: readonly string[];
  readonly values: readonly Term[];
  /** In PL/pgSQL a name that is a column's, too, is an error. */
  readonly hidesNothing?: boolean;
}

/** A query that was understood: its rows and condition, and what it selects. */
export interface Selected {
  readonly query: Query;
  readonly outputs: readonly { readonly name: string; readonly term: Term }[];
  /** Whether rows that are the same may be one, as DISTINCT makes them. */
  readonly isMerged: boolean;
}

/** The parts of a query, whose rows are all of its rows: those of a UNION, and of outer joins what found no match. */
export type Parts = readonly Selected[];

/** What is not understood, in words. */
export interface NotUnderstood {
  readonly notUnderstood: string;
}

/** Reads parse trees: what the parts of the translation ask of each other. */
export interface Reader {
  readonly snapshot: CatalogSnapshot;
  expression(node: unknown, scope: Scope): Term;
  select(select: Readonly<Record<string, unknown>>, scope: Scope): Parts | NotUnderstood;
}

export function isUnderstood<T extends object>(result: T | NotUnderstood): result is T {
  return !('notUnderstood' in result);
}

/** A query of one part. */
export function lone(parts: Parts | NotUnderstood, what: string): Selected | NotUnderstood {
  if (!isUnderstood(parts)) return parts;
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : { notUnderstood: what };
}

/** Finds what a dotted name means: the innermost scope that has it wins, a column before an argument. */
export function resolve(scope: Scope, parts: readonly string[]): Term | NotUnderstood {
  const written = parts.join('.');
  for (let current: Scope | null = scope; current !== null; current = current.outer) {
    const found = columnsNamed(current.ranges, parts);
    if (found.length > 1) return { notUnderstood: `${written} is ambiguous` };
    const [term] = found;
    if (term) return isArgumentToo(current, parts) ? { notUnderstood: `${written}, a column and an argument` } : term;
    const argument = argumentNamed(current.parameters, parts);
    if (argument) return argument;
  }
  return { notUnderstood: written };
}

function isArgumentToo(scope: Scope, [name, ...others]: readonly string[]): boolean {
  for (let current: Scope | null = scope; current !== null; current = current.outer) {
    const { parameters } = current;
    if (parameters?.hidesNothing === true && others.length === 0 && parameters.names.includes(name ?? '')) return true;
  }
  return false;
}

function columnsNamed(ranges: readonly Range[], parts: readonly string[]): readonly Term[] {
  const [name, table, schema] = [...parts].reverse();
  if (name === undefined || parts.length > 3) return [];
  return ranges
    .filter(({ alias, merged }) => (table === undefined ? merged?.includes(name) !== true : alias === table))
    .filter((range) => schema === undefined || range.schema === schema)
    .flatMap((range) => range.column(name) ?? []);
}

function argumentNamed(parameters: Parameters | null, parts: readonly string[]): Term | undefined {
  const [name, of] = [...parts].reverse();
  if (parameters === null || name === undefined || name === '' || parts.length > 2) return undefined;
  if (of !== undefined && of !== parameters.of) return undefined;
  return parameters.values[parameters.names.indexOf(name)];
}
