import { derived, groupBy } from '../../catalog/derived.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { formatIdent } from '../../sql/ident.ts';
import { mentions } from '../../sql/mentions.ts';
import { nothing, type Verdict } from './decision.ts';
import type { Table } from './graph.ts';
import type { Situation } from './situation.ts';

/** SQL that a table carries with it, and what it is. */
interface Fragment {
  readonly table: number;
  readonly what: string;
  readonly sql: string;
}

const fragments = derived((snapshot: CatalogSnapshot) =>
  groupBy<number, Fragment>(
    [
      ...snapshot.policies.map(({ polrelid, polname, polqual, polwithcheck }) => ({
        table: polrelid,
        what: `policy ${formatIdent(polname)}`,
        sql: `${polqual ?? ''} ${polwithcheck ?? ''}`,
      })),
      ...snapshot.indexes.map(({ indrelid, relname, definition }) => ({
        table: indrelid,
        what: `index ${formatIdent(relname)}`,
        sql: definition,
      })),
      ...snapshot.constraints
        .filter(({ contype }) => contype === 'c')
        .map(({ conrelid, conname, definition }) => ({
          table: conrelid,
          what: `check ${formatIdent(conname)}`,
          sql: definition,
        })),
      ...snapshot.relations.flatMap(({ oid, columns }) =>
        columns.flatMap(({ attname, attgenerated, default: sql }) =>
          sql !== null && attgenerated !== '' ? [{ table: oid, what: `column ${formatIdent(attname)}`, sql }] : [],
        ),
      ),
    ],
    ({ table }) => table,
  ),
);

/** A table whose JSON holds the tenant, as its own indexes, checks and policies show. */
export function byJsonKey(table: Table, { snapshot, roots, tenantColumns }: Situation): Verdict | undefined {
  for (const { what, sql } of fragments(snapshot).get(table.relation.oid) ?? []) {
    for (const [found, column = '', key = ''] of sql.matchAll(/(\w+)\)?\s*->>\s*'([^']+)'/g)) {
      if (!table.columns.has(column) || !roots.some((root) => tenantColumns.isName(root, key))) continue;
      return {
        ...nothing,
        tenancy: 'row',
        confidence: 0.6,
        doubt: true,
        reason: `No column of it leads to a tenant, but ${what} reads ${found}: its JSON may say the tenant.`,
      };
    }
  }
  return undefined;
}

/** What the policies of a table say of a verdict: they were written by somebody who knew. */
export function withPolicies(table: Table, { snapshot }: Situation, verdict: Verdict): Verdict {
  const columns = verdict.column === null ? (verdict.path[0]?.columns ?? []) : [verdict.column];
  const policies = (fragments(snapshot).get(table.relation.oid) ?? []).filter(({ what }) => what.startsWith('policy '));
  const readers = policies.filter(({ sql }) => columns.some((column) => mentions(sql, column)));
  const sentence =
    readers.length > 0
      ? `${readers.length} of its ${policies.length} policies read ${columns.map(formatIdent).join(', ')}.`
      : policies.length > 0 && verdict.tenancy === 'row'
        ? `None of its ${policies.length} policies reads ${columns.map(formatIdent).join(', ')}.`
        : null;
  return sentence === null ? verdict : { ...verdict, evidence: [...verdict.evidence, sentence] };
}
