import { relationsByOid } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { splitStatements, SqlSyntaxError } from '../sql/parse.ts';
import { learn } from './learn.ts';
import type { Schema } from './schema.ts';

/** Takes in what a database has: its tables as the statements that would make them, so that one reader knows both. */
export function learnCatalog(schema: Schema, snapshot: CatalogSnapshot): void {
  const relations = relationsByOid(snapshot);
  const nameOf = (oid: number) => {
    const relation = relations.get(oid);
    return relation === undefined ? null : { schema: relation.nspname, name: relation.relname };
  };
  for (const { nspname, relname, relkind, columns } of snapshot.relations) {
    if (relkind !== 'r' && relkind !== 'p') continue;
    const name = { schema: nspname, name: relname };
    const list = columns.map(({ attname, type, attnotnull }) => {
      return `${quoteIdent(attname)} ${type}${attnotnull ? ' not null' : ''}`;
    });
    learnText(schema, `create table ${quoteQualified(name)} (${list.join(', ')})`);
    if (relkind === 'p') schema.add(name, { ...schema.table(name), partitioned: true });
  }
  for (const { conrelid, conname, definition } of snapshot.constraints) {
    const table = nameOf(conrelid);
    if (table === null) continue;
    learnText(schema, `alter table ${quoteQualified(table)} add constraint ${quoteIdent(conname)} ${definition}`);
  }
  for (const { indrelid, definition } of snapshot.indexes) {
    if (nameOf(indrelid) !== null) learnText(schema, definition);
  }
  for (const { polrelid, polname } of snapshot.policies) {
    const table = nameOf(polrelid);
    if (table !== null) schema.table(table).policies.add(polname);
  }
  for (const { proname, provolatile } of snapshot.functions) schema.addFunction(proname, provolatile === 'v');
}

/** What the parser does not know, a newer server's syntax, stays unknown. */
function learnText(schema: Schema, text: string): void {
  try {
    for (const { node } of splitStatements(text)) learn(schema, node, null);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
  }
}
