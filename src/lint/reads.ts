import { checkOf, usingOf } from '../access/policies.ts';
import { derived, groupBy } from '../catalog/derived.ts';
import type { CatalogSnapshot, Policy, Relation, Routine } from '../catalog/snapshot.ts';
import { isRecord, nodesOf } from '../sql/tree.ts';
import { readTree } from './scope/expression.ts';
import { statementsOf } from '../sql/function-body.ts';

/** What a policy reads beside the row. */
export interface Reads {
  readonly hasSubquery: boolean;
  readonly tables: readonly Relation[];
  readonly functions: readonly { readonly routine: Routine; readonly tables: readonly Relation[] }[];
}

const known = new WeakMap<Policy, Reads>();

export function readsOf(snapshot: CatalogSnapshot, policy: Policy): Reads {
  const reads = known.get(policy) ?? findReads(snapshot, policy);
  known.set(policy, reads);
  return reads;
}

function findReads(snapshot: CatalogSnapshot, policy: Policy): Reads {
  const trees = [usingOf(policy), checkOf(policy)].map(readTree);
  const resolve = (tables: readonly TableReference[]): readonly Relation[] => [
    ...new Set(tables.flatMap((table) => relationsNamed(snapshot, table))),
  ];
  const functions = routinesBehind(snapshot, policy).map((routine) => ({
    routine,
    tables: resolve(tablesOf(snapshot, routine)),
  }));
  return {
    hasSubquery: trees.some((tree) => [...nodesOf(tree)].some(({ tag }) => tag === 'SubLink')),
    tables: resolve(trees.flatMap(tablesNamed)),
    functions: functions.filter(({ tables }) => tables.length > 0),
  };
}

const byName = derived(({ relations }) => groupBy(relations, ({ relname }) => relname));

/** The relation of a name; of one without a schema, if there is only one. */
export function relationsNamed(snapshot: CatalogSnapshot, { schema, name }: TableReference): readonly Relation[] {
  const found = (byName(snapshot).get(name) ?? []).filter(({ nspname }) => schema === null || nspname === schema);
  return found.length === 1 ? found : [];
}

/** A table as a query names it. */
export interface TableReference {
  /** Null where it is looked for along the search path. */
  readonly schema: string | null;
  readonly name: string;
}

/** The tables that a parse tree reads or writes, without those that it names itself by WITH. */
export function tablesNamed(tree: unknown): readonly TableReference[] {
  const nodes = [...nodesOf(tree)];
  const own = new Set(nodes.filter(({ tag }) => tag === 'CommonTableExpr').map(({ value }) => value['ctename']));
  return nodes
    .filter(({ tag, value }) => isRange(tag, value) && typeof value['relname'] === 'string')
    .map(({ value }) => ({
      schema: typeof value['schemaname'] === 'string' ? value['schemaname'] : null,
      name: String(value['relname']),
    }))
    .filter(({ schema, name }) => schema !== null || !own.has(name));
}

/** The target of an INSERT, UPDATE or DELETE stands in its field without a tag. */
function isRange(tag: string, value: Readonly<Record<string, unknown>>): boolean {
  return tag === 'RangeVar' || (tag === 'relation' && 'relname' in value);
}

/** The tables that the text of a function names. In plpgsql they are found by the words before them, and must be there. */
export function tablesOf(snapshot: CatalogSnapshot, routine: Routine): readonly TableReference[] {
  if (routine.lanname === 'sql') {
    const [, atomic] = /^\s*begin\s+atomic\s(.*)\send\s*$/is.exec(routine.prosrc) ?? [];
    return statementsOf(atomic ?? routine.prosrc).flatMap(({ node }) => tablesNamed(node));
  }
  if (routine.lanname !== 'plpgsql') return [];
  const named = codeOf(routine).matchAll(
    /\b(?:from|join|update|into)\s+(?:only\s+)?(?:("?[\w$]+"?)\s*\.\s*)?("?[\w$]+"?)(?![\w$])(?!\s*[.(])/gi,
  );
  const names = relationNames(snapshot);
  return [...named]
    .map(([, schema, name = '']) => ({ schema: schema === undefined ? null : folded(schema), name: folded(name) }))
    .filter(({ name }) => names.has(name));
}

/** A name as SQL reads it: in quotes as it stands, else in small letters. */
function folded(name: string): string {
  return name.startsWith('"') ? name.replaceAll('"', '') : name.toLowerCase();
}

const relationNames = derived(({ relations }): ReadonlySet<string> => new Set(relations.map(({ relname }) => relname)));

export const routinesByOid = derived(
  ({ functions }): ReadonlyMap<number, Routine> => new Map(functions.map((routine) => [routine.oid, routine])),
);

const routinesByName = derived(({ functions }) => groupBy(functions, ({ proname }) => proname));

/** The functions that a policy calls, and those that they name, at any depth. */
export function routinesBehind(snapshot: CatalogSnapshot, { callsFunctions }: Policy): readonly Routine[] {
  const found = new Set(callsFunctions.flatMap((oid) => routinesByOid(snapshot).get(oid) ?? []));
  // A set that grows while it is walked is walked to its end.
  for (const { prosrc } of found) for (const routine of routinesCalled(snapshot, prosrc)) found.add(routine);
  return [...found];
}

/** The functions that a text calls, by their names alone. */
export function routinesCalled(snapshot: CatalogSnapshot, text: string): readonly Routine[] {
  return [...new Set(text.match(/[\w$]+(?=\s*\()/g))].flatMap((word) => routinesByName(snapshot).get(word) ?? []);
}

/** Whether a tree asks who is logged in. */
export function asksForUser(tree: unknown): boolean {
  return [...nodesOf(tree)].some(
    ({ tag, value }) => tag === 'SQLValueFunction' && isRecord(value) && /USER|ROLE/.test(String(value['op'])),
  );
}

/** The text of a function without its comments. */
export function codeOf({ prosrc }: Routine): string {
  return prosrc.replace(/--[^\n]*|\/\*[^]*?\*\//g, ' ');
}

export const triggersByTable = derived(({ triggers }) => groupBy(triggers, ({ tgrelid }) => tgrelid));
