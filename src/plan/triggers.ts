import type { CatalogSnapshot, Relation, RewriteRule, Trigger } from '../catalog/snapshot.ts';
import { quoteLiteral } from '../sql/ident.ts';
import { scanTokens, type Token } from '../sql/parse.ts';
import { written, writtenName } from '../sql/written.ts';
import { nameOf } from '../catalog/lookup.ts';
import { isPutAside, type TenantTable } from './situation.ts';
import { replacing } from './trigger-function.ts';

/** By this a trigger sees that a backfill runs, whose changes are nobody's edits. */
export const quiet = "current_setting('rowhouse.backfill', true) is distinct from 'on'";

/** The same as PostgreSQL prints it. */
const printedQuiet = "(current_setting('rowhouse.backfill'::text, true) IS DISTINCT FROM 'on'::text)";

/** Bits of `pg_trigger.tgtype`. */
const [insert, remove, update, instead] = [4, 8, 16, 64];

/** The name by which the trigger that gives a row its tenant is known; PostgreSQL fires triggers by name, and this one last. */
export const assignTenant = 'zz_assign_tenant';
/** Likewise, for rows that move to another parent. */
export const followParent = 'zz_follow_parent';

/** Likewise, for what counts the writes without a context. */
export const countContextless = 'zz_count_contextless';

/** Likewise, for what checks which rows of its own table a row points at. */
export const checkParent = 'zz_check_parent';

/**
 * The triggers of users that a backfill fires, and that do not ask yet whether one runs: those of its updates, and where rows are
 * put aside, those of their going and coming back.
 */
export function firedBy({ triggers }: CatalogSnapshot, tenant: TenantTable): readonly Trigger[] {
  const { relation, column } = tenant;
  if (column === null) return [];
  const isAside = isPutAside(tenant);
  return triggers.filter(
    (trigger) =>
      isUsers(trigger, relation) &&
      (trigger.tgtype & instead) === 0 &&
      (trigger.tgenabled === 'O' || trigger.tgenabled === 'A') &&
      !trigger.definition.includes('rowhouse.backfill') &&
      (((trigger.tgtype & update) !== 0 && (updatedColumns(trigger)?.includes(column) ?? true)) ||
        (isAside && (trigger.tgtype & (insert | remove)) !== 0)),
  );
}

/** Bits of a trigger's type, for the commands by which a rule knows them. */
const commandOf: Readonly<Record<string, number>> = { '2': update, '3': insert, '4': remove };

/** The rules that rewrite what a backfill says to a table, likewise. No condition keeps a rule quiet. */
export function rewrittenBy({ rules }: CatalogSnapshot, tenant: TenantTable): readonly RewriteRule[] {
  const said = isPutAside(tenant) ? update | insert | remove : update;
  return rules.filter(
    ({ ev_class, ev_type, ev_enabled }) =>
      ev_class === tenant.relation.oid &&
      (ev_enabled === 'O' || ev_enabled === 'A') &&
      ((commandOf[ev_type] ?? 0) & said) !== 0,
  );
}

/** The triggers of users that an earlier plan keeps quiet: its migration that would have brought them back is gone. */
export function keptQuiet({ triggers }: CatalogSnapshot, relation: Relation): readonly Trigger[] {
  return triggers.filter((trigger) => isUsers(trigger, relation) && withoutQuiet(trigger.definition) !== null);
}

function isUsers(trigger: Trigger, { oid }: Relation): boolean {
  return trigger.tgrelid === oid && !assigns(trigger) && ![countContextless, checkParent].includes(trigger.tgname);
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
    ...(constraint ? [`drop trigger ${written(tgname)} on ${table}`, definition] : [replacing(definition)]),
    ...(tgenabled === 'A' ? [`alter table ${table} enable always trigger ${written(tgname)}`] : []),
  ];
}

/** Statements that bring back a trigger that is kept quiet. */
export function unquieten(relation: Relation, trigger: Trigger): string[] {
  return replaced(relation, trigger, withoutQuiet(trigger.definition) ?? trigger.definition);
}

/** The definition with one more condition in its WHEN. */
function withCondition(definition: string): string {
  const { before, condition, after } = partsOf(definition);
  return `${before}WHEN (${condition === null ? quiet : `${quiet} and ${condition}`}) ${after}`;
}

/** The definition without the condition that keeps it quiet, as PostgreSQL prints the two; null where it has none. */
function withoutQuiet(definition: string): string | null {
  const { before, condition, after } = partsOf(definition);
  if (condition === `(${printedQuiet})`) return `${before}${after}`;
  const beside = `((${printedQuiet} AND `;
  if (condition?.startsWith(beside) !== true) return null;
  return `${before}WHEN (${condition.slice(beside.length, -2)}) ${after}`;
}

/** What stands before WHEN, its condition in parentheses, null where there is none, and EXECUTE with what follows. */
function partsOf(definition: string): {
  readonly before: string;
  readonly condition: string | null;
  readonly after: string;
} {
  const tokens = topLevel(definition);
  const when = tokens.find(({ text }) => text === 'WHEN');
  const execute = tokens.findLast(({ text }) => text === 'EXECUTE');
  if (execute === undefined) throw new TypeError(`No trigger: ${quoteLiteral(definition)}`);
  return {
    before: definition.slice(0, when?.start ?? execute.start),
    condition: when === undefined ? null : definition.slice(when.end, execute.start).trim(),
    after: definition.slice(execute.start),
  };
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
