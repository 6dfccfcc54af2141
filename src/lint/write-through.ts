import { groupBy, derived } from '../catalog/derived.ts';
import { relationsByOid } from '../catalog/lookup.ts';
import { mayUse, type RelationAccess } from '../access/matrix.ts';
import type { Command } from '../access/policies.ts';
import { isInvoker } from '../access/view-path.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { isRecord } from '../sql/tree.ts';
import type { LintInput } from './input.ts';
import { filterOf, selectOf, type Filter } from './view-filter.ts';
import { isWalled } from './walls.ts';

/** The table that PostgreSQL writes to when a view is written to. */
export interface WrittenThrough {
  readonly table: Relation;
  /** The role whose rights and policies count there. */
  readonly as: string;
  /** Which rows can be written at all. */
  readonly filter: Filter;
  /** Whether new rows must pass the filter too. */
  readonly checked: boolean;
}

/**
 * Follows an automatically updatable view to its table; undefined where it is none, or where triggers or rules of its own
 * decide what a write does. https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS
 */
export function writtenThrough(input: LintInput, view: Relation): WrittenThrough | undefined {
  const { snapshot } = input;
  if (view.relkind !== 'v' || !isUpdatable(view) || hasInstead(snapshot, view)) return undefined;
  const [read] = view.dependsOn.flatMap((oid) => relationsByOid(snapshot).get(oid) ?? []).filter(isNamedIn(view));
  if (read === undefined) return undefined;
  const as = isInvoker(view) ? input.role : view.relowner;
  const below = read.relkind === 'v' ? writtenThrough(input, read) : baseOf(read, as);
  if (below === undefined) return undefined;
  const own = filterOf(input, view, read, below.table, true);
  const isChecked = view.reloptions.some((option) => option.startsWith('check_option='));
  return {
    ...below,
    filter: own === 'tied' || below.filter === 'tied' ? 'tied' : own === 'partial' ? own : below.filter,
    checked: below.checked || (isChecked && own === 'tied') || view.reloptions.includes('check_option=cascaded'),
  };
}

/** Whether a command through the view reaches rows of any tenant, or makes them. */
export function writesAnyTenant(
  input: LintInput,
  own: RelationAccess,
  written: WrittenThrough,
  command: Command,
): boolean {
  const { table, as, filter, checked } = written;
  if (!mayUse(own, command) || isWalled(input, as, table, command)) return false;
  if (filter !== 'tied') return command !== 'insert' || namesTenant(input, own, written, 'INSERT');
  if (command === 'delete' || checked) return false;
  return namesTenant(input, own, written, command === 'insert' ? 'INSERT' : 'UPDATE');
}

/** Whether a new row can be given a tenant: without it, it has the default of the table. */
function namesTenant(
  { modelled, model }: LintInput,
  { privileges }: RelationAccess,
  { table }: WrittenThrough,
  privilege: 'INSERT' | 'UPDATE',
): boolean {
  const intent = modelled.get(table.oid)?.intent;
  const column = intent?.tenancy === 'root' ? model.tenants.key : (intent?.tenantColumn ?? null);
  return column === null || privileges.columns[privilege].includes(column);
}

function baseOf(table: Relation, as: string): WrittenThrough | undefined {
  return table.relkind === 'r' || table.relkind === 'p' ? { table, as, filter: 'none', checked: false } : undefined;
}

function isUpdatable({ definition }: Relation): boolean {
  const select = selectOf(definition ?? '');
  const clauses = ['groupClause', 'havingClause', 'distinctClause', 'withClause', 'limitCount', 'limitOffset', 'larg'];
  return (
    select !== undefined && fromItems(select).length === 1 && clauses.every((clause) => select[clause] === undefined)
  );
}

/** Which relation is the one that its FROM names; others are in subqueries. */
function isNamedIn({ definition }: Relation): (relation: Relation) => boolean {
  const [item] = fromItems(selectOf(definition ?? '') ?? {});
  const range = isRecord(item) ? item['RangeVar'] : undefined;
  return ({ nspname, relname }) => isRecord(range) && range['schemaname'] === nspname && range['relname'] === relname;
}

function fromItems(select: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { fromClause } = select;
  return Array.isArray(fromClause) ? (fromClause as readonly unknown[]) : [];
}

function hasInstead(snapshot: CatalogSnapshot, { oid }: Relation): boolean {
  return instead(snapshot).has(oid);
}

const insteadOf = 64;
const instead = derived(({ triggers, rules }) => {
  const fired = triggers.filter(({ tgtype }) => (tgtype & insteadOf) !== 0).map(({ tgrelid }) => tgrelid);
  const rewritten = groupBy(
    rules.filter(({ is_instead }) => is_instead),
    ({ ev_class }) => ev_class,
  );
  return new Set([...fired, ...rewritten.keys()]);
});
