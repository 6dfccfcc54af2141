import { nameOf } from '../../catalog/lookup.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Reference } from './reference.ts';

/** The foreign key that holds the tenant on both sides, in place of one that does not; none where rows of the parent are shared, which it would shut out. */
export function compositeKey({ snapshot }: RunInput, reference: Reference): { readonly fix?: string } {
  const { child, parent, pairs, conname, onDelete, onUpdate } = reference;
  const [childTenant, parentTenant] = [child.truth.tenantColumn, parent.truth.tenantColumn];
  const shares = !/^\(?false\)?( is true)?$/.test(parent.truth.shared);
  if (childTenant === null || parentTenant === null || shares) return {};
  const list = (columns: readonly string[]): string => columns.map(quoteIdent).join(', ');
  const own = [childTenant, ...pairs.map(({ column }) => column)];
  const theirs = [parentTenant, ...pairs.map(({ parentColumn }) => parentColumn)];
  const [from, to] = [quoteQualified(nameOf(child.relation)), quoteQualified(nameOf(parent.relation))];
  const unique = snapshot.indexes.some(
    ({ indrelid, indisunique, indpred, columns }) =>
      indrelid === parent.relation.oid &&
      indisunique &&
      indpred === null &&
      columns.length === theirs.length &&
      theirs.every((column) => columns.includes(column)),
  );
  // Setting the tenant NULL too would lose the row; naming the columns takes PostgreSQL 15.
  const named = snapshot.serverVersionNum >= 150000 ? ` (${list(own.slice(1))})` : '';
  const actions: Readonly<Record<string, string>> = {
    c: ' on delete cascade',
    n: named === '' ? '' : ` on delete set null${named}`,
    d: named === '' ? '' : ` on delete set default${named}`,
    r: ' on delete restrict',
  };
  return {
    fix: [
      ...(unique ? [] : [`alter table ${to} add unique (${list(theirs)});`]),
      `alter table ${from} add foreign key (${list(own)}) references ${to} (${list(theirs)})${actions[onDelete] ?? ''}${onUpdate === 'c' ? ' on update cascade' : ''};`,
      `alter table ${from} drop constraint ${quoteIdent(conname)};`,
    ].join('\n'),
  };
}
