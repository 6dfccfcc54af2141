import { derived, groupBy } from '../catalog/derived.ts';
import { readsOf, relationsByOid } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation, Routine } from '../catalog/snapshot.ts';
import { comparesSecret } from '../domain/secrets.ts';
import { parseDotted } from '../sql/ident.ts';

/** A table that the text of a function names, and how. */
export interface Named {
  readonly relation: Relation;
  /** Whether it is only put into, by naming columns, and read nowhere. */
  readonly onlyInserted: boolean;
}

const name = '(?:"(?:[^"]|"")+"|[\\p{L}_][\\p{L}\\p{N}_$]*)';
const dotted = `${name}\\s*\\.\\s*${name}`;
const qualified = new RegExp(`(\\binto\\s+)?(${dotted})`, 'giu');
const anyName = `(?:${dotted}|${name})`;
const item = `${anyName}(?:\\s+(?:as\\s+)?${name})?`;
/** What follows a word after which a table stands, and in FROM a list of them. */
const bare = new RegExp(
  `\\b(from|join|into|update|only|table|using|truncate)\\s+(${item}(?:\\s*,\\s*${item})*)`,
  'giu',
);
const firstName = new RegExp(`^\\s*(${anyName})`, 'u');
/** After the table of an INSERT: the columns, without which the values are those of all. */
const columnsFollow = /^\s*(?:as\s+\S+\s*)?(?:\(\s*(?!(?:select|with|values|table)\b)|default\s+values\b)/i;
const called = new RegExp(`(${name})\\s*\\(`, 'giu');

/** Whether whoever calls a function calls it with the rights of its owner. */
export function isDefiner({ prosecdef, rettype, lanname }: Routine): boolean {
  return prosecdef && rettype !== 'trigger' && rettype !== 'event_trigger' && !['c', 'internal'].includes(lanname);
}

/**
 * The relations that a function names, and those that it calls, behind views too: by their qualified name wherever it stands,
 * by the bare one where a table is expected. What is put together at run time is found where its parts stand in the text.
 */
export function relationsNamedBy(snapshot: CatalogSnapshot, routine: Routine): readonly Named[] {
  const found = new Map<number, boolean>();
  for (const body of withCalled(snapshot, routine)) {
    for (const { oid, inserted } of namedIn(snapshot, body)) found.set(oid, inserted && found.get(oid) !== false);
  }
  return [...found].flatMap(([oid, onlyInserted]) =>
    behind(snapshot, oid).map((relation) => ({ relation, onlyInserted })),
  );
}

/** A function, and those of the database that it calls: they run with its rights, or with their own owner's. */
function withCalled(snapshot: CatalogSnapshot, routine: Routine): ReadonlySet<Routine> {
  const found = new Set([routine]);
  // A set that grows while it is walked is walked to its end.
  for (const { prosrc } of found) {
    for (const [, written = ''] of withoutComments(prosrc).matchAll(called)) {
      const [proname = ''] = parseDotted(written) ?? [];
      for (const inner of routinesByName(snapshot).get(proname) ?? []) found.add(inner);
    }
  }
  return found;
}

function* namedIn(
  snapshot: CatalogSnapshot,
  routine: Routine,
): Generator<{ readonly oid: number; readonly inserted: boolean }> {
  const text = withoutComments(routine.prosrc);
  const path = searchPathOf(routine);
  for (const oid of routine.dependsOn) yield { oid, inserted: false };
  for (const { 0: whole, 1: into, 2: written = '', index } of text.matchAll(qualified)) {
    const [schema, relname] = parseDotted(written) ?? [];
    const relation = namesakes(snapshot, relname).find(({ nspname }) => nspname === schema);
    const inserted = into !== undefined && columnsFollow.test(text.slice(index + whole.length));
    if (relation) yield { oid: relation.oid, inserted };
  }
  for (const { 0: whole, 1: keyword = '', 2: list = '', index } of text.matchAll(bare)) {
    const items = keyword.toLowerCase() === 'from' ? list.split(',') : [list];
    const nameEnds = index + whole.length - list.length + (firstName.exec(list)?.[0].length ?? 0);
    const inserted = keyword.toLowerCase() === 'into' && columnsFollow.test(text.slice(nameEnds));
    for (const relname of items.map(bareName)) {
      for (const { oid, nspname } of namesakes(snapshot, relname)) {
        if (path === null || path.has(nspname)) yield { oid, inserted };
      }
    }
  }
}

/** The name that an item of FROM begins with, where it is no qualified one. */
function bareName(written: string): string | undefined {
  const parts = parseDotted(firstName.exec(written)?.[1] ?? '') ?? [];
  return parts.length === 1 ? parts[0] : undefined;
}

function behind(snapshot: CatalogSnapshot, oid: number): readonly Relation[] {
  const relation = relationsByOid(snapshot).get(oid);
  if (relation === undefined) return [];
  if (relation.relkind !== 'v') return [relation];
  return [...readsOf(snapshot, relation)].flatMap((read) => relationsByOid(snapshot).get(read) ?? []);
}

const routinesByName = derived(({ functions }) => groupBy(functions, ({ proname }) => proname));
const byName = derived(({ relations }) => groupBy(relations, ({ relname }) => relname));

function namesakes(snapshot: CatalogSnapshot, relname: string | undefined): readonly Relation[] {
  return relname === undefined ? [] : (byName(snapshot).get(relname) ?? []);
}

/** The schemas where bare names are looked up; null where the caller says. */
function searchPathOf({ proconfig }: Routine): ReadonlySet<string> | null {
  const set = proconfig.find((config) => config.startsWith('search_path='));
  if (set === undefined) return null;
  const schemas = set.slice('search_path='.length).split(',');
  return new Set(schemas.map((schema) => schema.trim().replace(/^"(.*)"$/, '$1')));
}

/** What looks like a comment within a string goes too: such a string is no query. */
function withoutComments(text: string): string {
  return text.replace(/--[^\n]*/g, ' ').replace(/\/\*[\s\S]*?\*\//g, ' ');
}

/** Whether the text looks a row up by a secret that the caller must know. */
export function asksForSecret({ prosrc, argtypes }: Routine): boolean {
  return argtypes.length > 0 && comparesSecret(withoutComments(prosrc));
}

/** What no policy reaches, and the text reads: large objects by their number, files of the server by their name. */
export function unpolicedReads({ prosrc }: Routine): readonly string[] {
  const text = withoutComments(prosrc);
  return [
    ...(/\b(?:lo_get|lo_open|loread|lo_export)\s*\(|\bpg_largeobject\b/i.test(text) ? ['large objects'] : []),
    ...(/\b(?:pg_read_(?:binary_)?file|pg_ls_\w+|lo_import)\s*\(/i.test(text) ? ["the server's files"] : []),
  ];
}

/** Whether the text reads what the planner knows of the values in tables. */
export function readsStatistics({ prosrc }: Routine): boolean {
  return /\bpg_(stats|statistic)(_ext\w*)?\b/i.test(withoutComments(prosrc));
}
