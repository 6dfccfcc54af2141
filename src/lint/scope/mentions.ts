import type { CatalogSnapshot, Routine } from '../../catalog/snapshot.ts';
import { withoutAssignments } from '../../sql/setting.ts';
import { isRecord, lastName, nodesOf } from '../../sql/tree.ts';
import { partsOf, type Expression } from './expression.ts';

/** Whether an expression reads a setting, itself, in its subqueries, or in the functions that it calls. */
export function mentionsSetting(snapshot: CatalogSnapshot, setting: string, expression: Expression): boolean {
  const readers = readersOf(snapshot, setting);
  for (const part of partsOf(expression)) {
    if (part.kind === 'constant' && isSetting(part.value, setting)) return true;
    if (part.kind === 'call' && readers.has(part.name)) return true;
    if (part.kind !== 'opaque') continue;
    for (const { tag, value } of nodesOf(part.node)) {
      if (tag === 'FuncCall' && readers.has(lastName(value['funcname']) ?? '')) return true;
      if (tag === 'sval' && isSetting(value['sval'], setting)) return true;
    }
  }
  return false;
}

/** Whether the text of a function reads a setting, or calls one that does. */
export function readsSetting(snapshot: CatalogSnapshot, setting: string, { proname }: Routine): boolean {
  return readersOf(snapshot, setting).has(proname);
}

/** The columns that an expression names, those of its subqueries included. */
export function columnsNamed(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  for (const part of partsOf(expression)) {
    if (part.kind === 'column') names.add(part.name);
    if (part.kind !== 'opaque') continue;
    for (const { tag, value } of nodesOf(part.node)) {
      const name = tag === 'ColumnRef' ? lastName(value['fields']) : undefined;
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}

/** A condition that holds where its subquery finds nothing. */
export interface Denied {
  readonly expression: Expression;
  readonly subquery: unknown;
}

/** The subqueries that an expression denies: NOT EXISTS, NOT IN, `<> ALL`. */
export function* negativeSubqueries(expression: Expression): Generator<Denied> {
  for (const part of partsOf(expression)) {
    const denied = part.kind === 'not' ? subqueryOf(part.arg) : undefined;
    if (denied?.['subLinkType'] === 'EXISTS_SUBLINK' || denied?.['subLinkType'] === 'ANY_SUBLINK') {
      yield { expression: part, subquery: denied };
    }
    const whole = subqueryOf(part);
    if (whole?.['subLinkType'] === 'ALL_SUBLINK') yield { expression: part, subquery: whole };
  }
}

function subqueryOf(expression: Expression): Readonly<Record<string, unknown>> | undefined {
  const node = expression.kind === 'opaque' ? expression.node : undefined;
  const subquery = isRecord(node) ? node['SubLink'] : undefined;
  return isRecord(subquery) ? subquery : undefined;
}

function isSetting(value: unknown, setting: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === setting.toLowerCase();
}

const readers = new WeakMap<CatalogSnapshot, Map<string, ReadonlySet<string>>>();

/** The names of the functions whose text asks for a setting, or mentions one of these names. */
export function readersOf(snapshot: CatalogSnapshot, setting: string): ReadonlySet<string> {
  const bySetting = readers.get(snapshot) ?? new Map<string, ReadonlySet<string>>();
  readers.set(snapshot, bySetting);
  const known = bySetting.get(setting) ?? findReaders(snapshot, setting);
  bySetting.set(setting, known);
  return known;
}

function findReaders(snapshot: CatalogSnapshot, setting: string): ReadonlySet<string> {
  const { functions } = snapshot;
  const texts = functions.map(({ proname, prosrc }) => {
    const text = withoutAssignments(prosrc, setting).toLowerCase();
    return { proname, text, words: new Set(text.match(/[\w$]+/g)) };
  });
  const direct = texts.filter(({ text }) => text.includes(setting.toLowerCase()));
  const found = new Set(direct.map(({ proname }) => proname));
  const callers = (name: string): readonly string[] =>
    texts.filter(({ words }) => words.has(name.toLowerCase())).map(({ proname }) => proname);
  // A set that grows while it is walked is walked to its end.
  for (const name of found) for (const caller of callers(name)) found.add(caller);
  return found;
}
