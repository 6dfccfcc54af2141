import { fkCrossesTenants as rule } from '../../domain/rules/fk-crosses-tenants.ts';
import { mayUse } from '../../access/matrix.ts';
import { checksOf, conditionOf, findColumn, foreignKeysOf, nameOf, uniqueKeysOf } from '../../catalog/lookup.ts';
import type { Constraint, Policy } from '../../catalog/snapshot.ts';
import { sameSet } from '../../domain/same-set.ts';
import { quoteIdent, sameName } from '../../sql/ident.ts';
import { conditionsOf, expressionOf, type Owned } from '../conditions.ts';
import type { LintInput, Modelled } from '../input.ts';
import { routinesByOid, tablesNamed, tablesOf, triggersByTable } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { literalsOf } from '../scope.ts';
import { Evaluation } from '../scope/evaluate.ts';
import { keyOf, partsOf, readExpression, type Expression } from '../scope/expression.ts';
import { columnsNamed } from '../scope/mentions.ts';
import { ownershipOf, type Ownership } from '../scope/ownership.ts';
import { situationsOf } from '../scope/situation.ts';
import { subject } from '../scope/value.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const fkCrossesTenants: LintRule = {
  ...rule,
  severity: 'warning',
  examples: [
    {
      bad: 'alter table app.notes add column other_id uuid references app.projects; grant insert (other_id) on app.notes to app_user;',
      good: `alter table app.notes drop constraint notes_other_id_fkey;
alter table app.notes add foreign key (tenant_id, other_id) references app.projects (tenant_id, id);`,
    },
  ],
  *check(input) {
    const { snapshot, model } = input;
    const tables = new Map(input.commonTables.map((modelled) => [modelled.relation.oid, modelled]));
    for (const child of tables.values()) {
      const own = ownershipOf(snapshot, model, child.relation);
      if (own === undefined || child.relation.relispartition) continue;
      for (const key of foreignKeysOf(snapshot, child.relation)) {
        const parent = key.confrelid === null ? undefined : tables.get(key.confrelid);
        const theirs = parent && ownershipOf(snapshot, model, parent.relation);
        if (parent === undefined || theirs === undefined || theirs.table.tenancy === 'root') continue;
        if (holdsTenant(key, own, theirs) || holdsOwner(key, own, theirs) || isOwnersKey(own, parent)) continue;
        const free = key.columns.filter((column) => !own.columns?.includes(column));
        if (free.length === 0 || !mayPoint(child, free)) continue;
        if (isPinned(input, child, own, parent, free) || isChecked(input, child, own, theirs, key)) continue;
        yield {
          object: objectOf(child.relation),
          aspect: key.conname,
          message: `${listed(free)} may point at any tenant's row of ${objectOf(parent.relation)}: ${key.conname} does not hold the tenant`,
          ...(isMembership(input, child, own, theirs, free)
            ? membership(child)
            : composite(child, parent, own, theirs, key)),
        };
      }
    }
  },
};

/** Whether the owner's column is among the key's, on both sides at the same place. */
function holdsTenant(key: Constraint, child: Ownership, parent: Ownership): boolean {
  return key.columns.some((column, index) => column === child.column && key.confcolumns[index] === parent.column);
}

/** Whether both rows belong to the same row of a third table, which is whose they are: the replies to comments on one card. */
function holdsOwner(key: Constraint, child: Ownership, parent: Ownership): boolean {
  const [own, theirs] = [child, parent].map(({ table }) =>
    table.tenancy === 'row' && table.owner.kind === 'through' ? table.owner.path.table : null,
  );
  if (!own || !theirs || !sameName(own, theirs) || child.pointers.length !== parent.pointers.length) return false;
  return child.pointers.every((pointer, at) =>
    key.columns.some((column, index) => column === pointer && key.confcolumns[index] === parent.pointers[at]),
  );
}

/**
 * Whether a check of the row, or what it is generated as, holds the parent's tenant: to the row's own, or to one whose rows
 * are shared. A key with a NULL in it points at nothing.
 */
function isChecked(
  input: LintInput,
  { relation }: Modelled,
  own: Ownership,
  theirs: Ownership,
  { columns, confcolumns }: Constraint,
): boolean {
  const at = confcolumns.findIndex((column) => column === theirs.column);
  const column = columns[at];
  if (at < 0 || column === undefined || own.column === null || input.model.membership !== null) return false;
  const generated = findColumn(relation, column);
  const texts = [
    ...checksOf(input.snapshot, relation).flatMap((check) => (check.convalidated ? (conditionOf(check) ?? []) : [])),
    ...(generated?.attgenerated === 's' ? [`${quoteIdent(column)} = (${generated.default ?? ''})`] : []),
  ];
  const keys = { tenantKey: columnKey(column), userKey: columnKey(own.column), pointers: [] };
  return texts.some((text) => {
    const expression = readExpression(text);
    if (expression === null || !columnsNamed(expression).has(column)) return false;
    const others = situationsOf(input.model, theirs, 'select', literalsOf(input, expression));
    return others
      .filter(({ rows, context }) => context === 'set' && rows !== 'ownerless')
      .every((situation) => {
        // The column of the row's own tenant holds the subject.
        const evaluation = new Evaluation({ ...input, ownership: keys }, { ...situation, user: subject });
        const { true: passes, null: unknown } = evaluation.truth(expression);
        return passes === 'never' && unknown === 'never';
      });
  });
}

function columnKey(name: string): string {
  return keyOf({ kind: 'column', name });
}

/** A row that is owned through the row that it points at cannot cross. */
function isOwnersKey({ table }: Ownership, parent: Modelled): boolean {
  if (table.tenancy !== 'row' || table.owner.kind !== 'through') return false;
  return sameName(table.owner.path.table, nameOf(parent.relation));
}

/** Whether the child joins tenants, each once, with rows that the model gives to whoever is joined with them. */
function isMembership(
  { snapshot }: LintInput,
  child: Modelled,
  own: Ownership,
  { table }: Ownership,
  columns: readonly string[],
): boolean {
  if (own.column === null || table.tenancy !== 'row' || table.owner.kind !== 'through') return false;
  if (!sameName(table.owner.path.table, nameOf(child.relation))) return false;
  const pair = [own.column, ...columns];
  return uniqueKeysOf(snapshot, child.relation).some((key) => sameSet(pair, key));
}

/** No key could hold a tenant that the row is yet to give: it is told, and fails nothing. */
function membership(child: Modelled): { readonly severity: 'info'; readonly help: string } {
  return {
    severity: 'info',
    help: `The model says that a row of ${objectOf(child.relation)} gives the tenant the row that it points at, so none can be pointed at beforehand. Whoever may write there learns whether an id is somebody's, and sees that row: where the application adds members by other means than such an id, let it write there by a function alone.`,
  };
}

function mayPoint({ access }: Modelled, columns: readonly string[]): boolean {
  const { INSERT, UPDATE } = access.privileges.columns;
  return columns.some((column) => INSERT.includes(column) || UPDATE.includes(column));
}

/** Whether the checks of every write, or a trigger before it, look at the parent. */
function isPinned(
  input: LintInput,
  child: Modelled,
  ownership: Ownership,
  parent: Modelled,
  columns: readonly string[],
): boolean {
  const { name, schema } = nameOf(parent.relation);
  const looksAt = (tree: unknown): boolean =>
    tablesNamed(tree).some((table) => table.name === name && (table.schema === null || table.schema === schema));
  const pins = (policy: Policy): boolean => {
    const expression = expressionOf(policy, 'check');
    return expression !== null && conjuncts(expression).some((part) => looks(part, columns, looksAt));
  };
  const checks = [...conditionsOf({ modelled: child, ownership } satisfies Owned)].filter(
    ({ command }) => command === 'insert' && mayUse(child.access, command),
  );
  const updates = columns.some((column) => child.access.privileges.columns.UPDATE.includes(column));
  const sets = [...checks.map(({ policies }) => policies), ...(updates ? [child.access.policies.update] : [])];
  // Where no policy lets it, nothing is written.
  const byPolicy =
    child.access.rowSecurity === 'bound' &&
    sets.length > 0 &&
    sets.every(({ permissive, restrictive }) => restrictive.some(pins) || permissive.every(pins));
  return byPolicy || isTriggered(input, child, name);
}

/** Whether a condition asks for the parent by the key's columns, itself or in a function. */
function looks(part: Expression, columns: readonly string[], looksAt: (tree: unknown) => boolean): boolean {
  const named = columnsNamed(part);
  if (!columns.some((column) => named.has(column))) return false;
  return [...partsOf(part)].some(
    (one) => (one.kind === 'opaque' && looksAt(one.node)) || (one.kind === 'call' && one.schema !== null),
  );
}

function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.args.flatMap(conjuncts) : [expression];
}

/** Whether a trigger before writes reads the parent: it may check, or fill in. */
function isTriggered({ snapshot }: LintInput, { relation }: Modelled, parent: string): boolean {
  return (triggersByTable(snapshot).get(relation.oid) ?? []).some(({ tgtype, tgfoid }) => {
    const routine = routinesByOid(snapshot).get(tgfoid);
    return (
      (tgtype & 2) !== 0 && routine !== undefined && tablesOf(snapshot, routine).some(({ name }) => name === parent)
    );
  });
}

/** The key that holds the tenant on both sides; none where the parent shares rows, which it would shut out. */
function composite(
  child: Modelled,
  parent: Modelled,
  own: Ownership,
  theirs: Ownership,
  key: Constraint,
): { readonly help?: string } {
  if (own.column === null || theirs.column === null) return {};
  if (theirs.table.share.length > 0) {
    return {
      help: 'The parent shares rows, so a composite foreign key would shut them out: let the policies of the child check that the parent is visible.',
    };
  }
  const columns = [own.column, ...key.columns].map(quoteIdent).join(', ');
  const target = [theirs.column, ...key.confcolumns].map(quoteIdent).join(', ');
  return {
    help: `${rule.help} Here: a foreign key (${columns}) of ${quoted(child.relation)} that references ${quoted(parent.relation)} (${target}).`,
  };
}
