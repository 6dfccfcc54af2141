import { readersOf } from '../../access/setting-readers.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
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
