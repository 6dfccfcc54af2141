import { findColumn } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Policy, Relation } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { isRecord, lastName } from '../../sql/tree.ts';
import { appliedPolicies } from '../applied.ts';
import { indexesByTable } from '../global-keys.ts';
import type { LintInput } from '../input.ts';
import { policyObject } from '../mend.ts';
import type { LintRule, Observed } from '../rule.ts';
import { readTree } from '../scope/expression.ts';
import { readersOf } from '../../access/setting-readers.ts';
import { objectOf, quoted } from '../wording.ts';

/** Below this, reading the whole table is as good as an index. */
const manyRows = 1000;

export const policySlow: LintRule = {
  id: 'policy-slow',
  severity: 'info',
  summary: 'A policy makes every query of the table slow.',
  help: 'Read the context once a query, `(select …)`, and not once a row; compare the tenant column as it is, without a cast; give the table an index whose first column it is.',
  examples: [
    {
      bad: `alter policy own on app.notes using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);`,
      good: `alter policy own on app.notes using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));`,
    },
    {
      bad: `alter policy own on app.notes using (tenant_id::text = (select nullif(current_setting('app.current_tenant', true), '')));`,
      good: `alter policy own on app.notes using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));`,
    },
    {
      bad: `insert into app.tenants values ('00000000-0000-0000-0000-000000000002', 'Two');
insert into app.notes (id, tenant_id)
  select gen_random_uuid(), '00000000-0000-0000-0000-000000000002' from generate_series(1, 2000);
analyze app.notes;
drop index app.notes_tenant_id_project_id_idx;`,
    },
  ],
  *check(input) {
    const tables = new Map<number, { readonly relation: Relation; readonly column: string }>();
    for (const { modelled, ownership, policy, scope } of appliedPolicies(input)) {
      const { relation } = modelled;
      if (ownership.column !== null) tables.set(relation.oid, { relation, column: ownership.column });
      // What compares otherwise than by = has another rule.
      yield* slowExpressions(input, relation, policy, scope === 'scoped' ? ownership.column : null);
    }
    for (const { relation, column } of tables.values()) {
      if (relation.reltuples < manyRows || isIndexed(input.snapshot, relation, column)) continue;
      yield {
        object: objectOf(relation),
        message: `no index begins with ${column}`,
        fix: `create index on ${quoted(relation)} (${quoteIdent(column)});`,
      };
    }
  },
};

function* slowExpressions(
  input: LintInput,
  relation: Relation,
  policy: Policy,
  column: string | null,
): Generator<Observed> {
  const readers = readersOf(input.snapshot, input.model.context.setting);
  const texts = [policy.polqual, policy.polwithcheck].filter((text) => text !== null);
  const found = texts.map((text) => slowness(text, readers, column));
  const object = policyObject(relation, policy);
  if (found.some(({ perRow }) => perRow)) {
    yield { object, aspect: 'per row', message: 'it reads the context for every row, and not once in (select …)' };
  }
  if (found.some(({ casts }) => casts) && column !== null && findColumn(relation, column) !== undefined) {
    yield { object, aspect: 'cast', message: `it casts ${column}, whose index is then of no use` };
  }
}

interface Slowness {
  readonly perRow: boolean;
  readonly casts: boolean;
}

const known = new Map<string, Slowness>();

function slowness(text: string, readers: ReadonlySet<string>, column: string | null): Slowness {
  const key = JSON.stringify([text, column]);
  const slow = known.get(key) ?? walk(readTree(text), readers, column);
  known.set(key, slow);
  return slow;
}

/** What a subquery does, it does once. */
function walk(tree: unknown, readers: ReadonlySet<string>, column: string | null): Slowness {
  const children = Array.isArray(tree) ? (tree as readonly unknown[]) : isRecord(tree) ? Object.values(tree) : [];
  const own = isRecord(tree) ? tree : {};
  if (own['SubLink'] !== undefined) return { perRow: false, casts: false };
  const { FuncCall: call, TypeCast: cast } = own;
  const named = isRecord(call) ? (lastName(call['funcname']) ?? '') : '';
  const below = children.map((child) => walk(child, readers, column));
  return {
    perRow: named === 'current_setting' || readers.has(named) || below.some(({ perRow }) => perRow),
    casts: (isRecord(cast) && isColumn(cast['arg'], column)) || below.some(({ casts }) => casts),
  };
}

function isColumn(node: unknown, column: string | null): boolean {
  const reference = isRecord(node) ? node['ColumnRef'] : undefined;
  return isRecord(reference) && lastName(reference['fields']) === column;
}

function isIndexed(snapshot: CatalogSnapshot, { oid }: Relation, column: string): boolean {
  const indexes = indexesByTable(snapshot).get(oid) ?? [];
  return indexes.some(({ columns, indisvalid, indpred }) => indisvalid && indpred === null && columns[0] === column);
}
