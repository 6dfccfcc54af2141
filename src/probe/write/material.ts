import { findColumn } from '../../catalog/lookup.ts';
import type { Column } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import type { Categories } from './categories.ts';
import { readState, type State } from './transaction.ts';

/** A stored row, as text by column. */
export type Row = Readonly<Record<string, string | null>>;

/** What the attacks on one target, by one subject, are made of. */
export interface Material {
  readonly before: State;
  /** A row that only the subject owns, one that is foreign to it, and one that is shared with it. */
  readonly own: Row | null;
  readonly foreign: Row | null;
  readonly shared: Row | null;
  /** A column that says nothing about tenants, and a value that it can take; null where there is none. */
  readonly plain: { readonly column: string; readonly value: string | null } | null;
}

/** Reads as the truth role, in an open transaction. */
export async function readMaterial(
  run: RunInput,
  target: Target,
  categories: Categories,
  subject: string,
): Promise<Material> {
  const one = (predicate: string) => readRow(run, target, predicate, subject);
  const foreign = await one(categories.foreign);
  const shared = await one(categories.shared);
  const own = await one(`not (${categories.foreign}) and not (${categories.shared})`);
  return {
    before: await readState(run, target, categories, subject),
    own,
    foreign,
    shared,
    plain: plainColumn(run, target, foreign ?? shared ?? own),
  };
}

/** The columns of a target that its base has too, under the same names. */
export function storedColumns(run: RunInput, target: Target): readonly Column[] {
  const { schema, name } = target.truth.from;
  const base = run.snapshot.relations.find((relation) => relation.nspname === schema && relation.relname === name);
  return target.relation.columns.flatMap(({ attname }) => (base && findColumn(base, attname)) ?? []);
}

async function readRow(run: RunInput, target: Target, predicate: string, subject: string): Promise<Row | null> {
  const columns = storedColumns(run, target).map(({ attname }) => attname);
  const values = columns.map((column) => `t.${quoteIdent(column)}::pg_catalog.text`);
  const { rows } = await run.session.client.query<{ values: (string | null)[] }>(
    `select array[${values.join(', ')}] as values ${truthRows(target.truth, predicate)} limit 1`,
    [subject],
  );
  const [row] = rows;
  return row ? Object.fromEntries(columns.map((column, index) => [column, row.values[index] ?? null])) : null;
}

/**
 * Setting it must neither change whose row it is nor meet a constraint: so no column that the predicates or a key mention.
 * Where only such columns are left, none.
 */
function plainColumn(run: RunInput, target: Target, row: Row | null): Material['plain'] {
  const { truth, privileges } = target;
  const base = run.snapshot.relations.find(
    ({ nspname, relname }) => nspname === truth.from.schema && relname === truth.from.name,
  );
  const constrained = new Set(
    run.snapshot.constraints
      .filter((c) => c.conrelid === base?.oid && 'pux'.includes(c.contype))
      .flatMap((c) => c.columns),
  );
  const checked = new Set(
    run.snapshot.constraints
      .filter((c) => c.conrelid === base?.oid && 'fc'.includes(c.contype))
      .flatMap((c) => c.columns),
  );
  const candidates = storedColumns(run, target).filter(
    ({ attname, attgenerated, attidentity }) =>
      privileges.update.includes(attname) &&
      attgenerated === '' &&
      attidentity !== 'a' &&
      attname !== truth.tenantColumn &&
      !constrained.has(attname) &&
      !truth.foreign.includes(attname) &&
      !truth.shared.includes(attname),
  );
  const chosen = candidates.find(({ attname }) => !checked.has(attname)) ?? candidates[0];
  return chosen ? { column: chosen.attname, value: row?.[chosen.attname] ?? null } : null;
}
