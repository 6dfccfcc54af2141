import { nameOf } from '../catalog/lookup.ts';
import type { Model, SchemaTable } from '../model/model.ts';
import { quoteIdent, quoteLiteral, quoteQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { intentOf } from './intent-of.ts';
import { ownerSql, place } from './predicates.ts';
import type { Reality } from './reality.ts';
import type { RelationIntent } from './relation-intent.ts';
import { equals, familyOfKey } from './sql-type.ts';
import type { Subject } from './subject.ts';

/** The copies of a table in the tenants' schemas: each belongs to the tenant whose schema it is in, and one elsewhere to nobody. */
export function compileTenantSchemas(
  reality: Reality,
  subject: Subject,
  table: SchemaTable,
): readonly RelationIntent[] {
  const { tenants } = reality.model;
  const copies = reality.snapshot.relations.filter(
    (relation) =>
      relation.relname === table.table.name &&
      (relation.relkind === 'r' || relation.relkind === 'p') &&
      (sameName(nameOf(relation), table.table) || !isModelled(reality.model, nameOf(relation))),
  );
  if (copies.length === 0) reality.report(place(table), `no schema has a table ${table.table.name}`, true);
  if (tenants.schema === null) return [];
  const key = { sql: `tn.${quoteIdent(tenants.key)}`, family: familyOfKey(tenants.type) };
  const schema = { sql: `tn.${quoteIdent(tenants.schema)}`, family: 'text' } as const;
  return copies.map((copy) => {
    const here = equals(schema, { sql: quoteLiteral(copy.nspname), family: 'text' });
    const from = `from ${quoteQualified(tenants.table)} tn where ${here}`;
    const predicates = {
      own: `exists (select ${from} and ${subject.owns(key)})`,
      shared: 'false',
      sharedForWriting: 'false',
    };
    const ownership = {
      by: 'schema',
      owners: `${ownerSql(key.sql)} ${from}`,
      unowned: null,
      passesUser: false,
    } as const;
    return { ...intentOf(table, predicates), ownership, ...nameOf(copy) };
  });
}

/** Whether the model speaks of a relation by its own name. */
export function isModelled(model: Model, name: QualifiedName): boolean {
  return (
    model.tables.some(({ table }) => sameName(table, name)) || model.views.some(({ view }) => sameName(view, name))
  );
}
