import type { CatalogSnapshot, Relation, Trigger } from '../catalog/snapshot.ts';
import { quoteLiteral } from '../sql/ident.ts';
import { scanTokens, type Token } from '../sql/parse.ts';
import { written, writtenName } from '../sql/written.ts';
import { nameOf } from '../catalog/lookup.ts';

/** By this a trigger sees that a backfill runs, whose changes are nobody's edits. */
export const quiet = "current_setting('rowhouse.backfill', true) is distinct from 'on'";

/** Bits of `pg_trigger.tgtype`. */
const [update, instead] = [16, 64];

/** The name by which the trigger that gives a row its tenant is known; PostgreSQL fires triggers by name, and this one last. */
export const assignTenant = 'zz_assign_tenant';
/** Likewise, for rows that move to another parent. */
export const followParent = 'zz_follow_parent';

/** Likewise, for what counts the writes without a context. */
export const countContextless = 'zz_count_contextless';

/** The triggers of users that an update of a column fires, and that do not ask yet whether a backfill runs. */
export function firedBy({ triggers }: CatalogSnapshot, relation: Relation, column: string): readonly Trigger[] {
  return triggers.filter(
    (trigger) =>
      trigger.tgrelid === relation.oid &&
      (trigger.tgtype & update) !== 0 &&
      (trigger.tgtype & instead) === 0 &&
      (trigger.tgenabled === 'O' || trigger.tgenabled === 'A') &&
      !assigns(trigger) &&
      trigger.tgname !== countContextless &&
      !trigger.definition.includes('rowhouse.backfill') &&
      (updatedColumns(trigger)?.includes(column) ?? true),
  );
}

/** Whether it gives rows their tenant. */
export function assigns({ tgname }: Trigger): boolean {
  return tgname === assignTenant || tgname === followParent;
}

/** The columns of UPDATE OF; null for any column. */
function updatedColumns({ definition }: Trigger): readonly string[] | null {
  const tokens = scanTokens(definition).map(({ text }) => text);
  const at = tokens.findIndex((text, index) => text === 'UPDATE' && tokens[index + 1] === 'OF');
  if (at === -1) return null;
  const end = tokens.findIndex((text, index) => index > at && (text === 'ON' || text === 'OR'));
  return tokens
    .slice(at + 2, end)
    .filter((text) => text !== ',')
    .map((text) => text.replaceAll(/^"|"$/g, '').replaceAll('""', '"'));
}

/** Statements that keep a trigger quiet while a backfill runs. */
export function quieten(relation: Relation, trigger: Trigger): string[] {
  return replaced(relation, trigger, withCondition(trigger.definition));
}

/** Statements that bring it back as it was. */
export function restore(relation: Relation, trigger: Trigger): string[] {
  return replaced(relation, trigger, trigger.definition);
}

function replaced(relation: Relation, { tgname, tgenabled }: Trigger, definition: string): string[] {
  const constraint = definition.startsWith('CREATE CONSTRAINT TRIGGER');
  const table = writtenName(nameOf(relation));
  return [
    // PostgreSQL does not replace constraint triggers.
    ...(constraint
      ? [`drop trigger ${written(tgname)} on ${table}`, definition]
      : [definition.replace(/^CREATE TRIGGER/, 'CREATE OR REPLACE TRIGGER')]),
    ...(tgenabled === 'A' ? [`alter table ${table} enable always trigger ${written(tgname)}`] : []),
  ];
}

/** The definition with one more condition in its WHEN. */
function withCondition(definition: string): string {
  const tokens = topLevel(definition);
  const when = tokens.find(({ text }) => text === 'WHEN');
  const execute = tokens.findLast(({ text }) => text === 'EXECUTE');
  if (execute === undefined) throw new TypeError(`No trigger: ${quoteLiteral(definition)}`);
  if (when === undefined) {
    return `${definition.slice(0, execute.start)}WHEN (${quiet}) ${definition.slice(execute.start)}`;
  }
  const condition = definition.slice(when.end, execute.start).trim();
  return `${definition.slice(0, when.end)} (${quiet} and ${condition}) ${definition.slice(execute.start)}`;
}

/** The tokens outside of parentheses. */
function topLevel(text: string): Token[] {
  let depth = 0;
  return scanTokens(text).filter((token) => {
    if (token.text === ')') depth -= 1;
    const outside = depth === 0;
    if (token.text === '(') depth += 1;
    return outside;
  });
}
