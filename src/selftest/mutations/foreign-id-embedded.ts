import { findColumn } from '../../catalog/lookup.ts';
import type { EmbeddedKey } from '../../model/model.ts';
import { parseDotted, quoteIdent, sameName } from '../../sql/ident.ts';
import { blindly } from '../rows.ts';
import { type ByColumn, isByColumn, type Scene } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const foreignIdEmbedded: Mutation = {
  id: 'foreign-id-embedded',
  foundBy: [],
  needs: 'An `embedded` key of the model that is a plain array, or a key of a JSON column.',
  *plant(scene) {
    for (const table of scene.tables.filter(isByColumn)) {
      const modelled = scene.model.tables.find((one) =>
        sameName(one.table, { schema: table.relation.nspname, name: table.relation.relname }),
      );
      if (modelled?.tenancy !== 'row') continue;
      for (const key of modelled.embedded) {
        const sql = embedForeign(scene, table, key);
        if (sql === null) continue;
        yield { variant: key.each ? 'array' : 'json', object: table.name, relations: [table.name], sql };
      }
    }
  },
};

/** Puts an id of another tenant's row where the key stands; null where the expression is of another kind. */
function embedForeign(
  scene: Scene,
  { sql, tenant, relation }: ByColumn,
  { expression, each, target }: EmbeddedKey,
): string | null {
  const other = scene.tables
    .filter(isByColumn)
    .find((one) => sameName({ schema: one.relation.nspname, name: one.relation.relname }, target));
  if (other === undefined) return null;
  const foreign = `(select p.${quoteIdent(target.column)} from ${other.sql} p
  where p.${other.tenant} <> t.${tenant} and not (${other.intent.shared.replaceAll(/\bt\./g, 'p.')}) limit 1)`;
  const where = `where (t.tableoid, t.ctid) = (select x.tableoid, x.ctid from ${sql} x limit 1);`;
  const column = (name: string | undefined) => {
    const [written, ...more] = parseDotted(name ?? '') ?? [];
    return written === undefined || more.length > 0 ? undefined : findColumn(relation, written);
  };
  const [, json, key] = /^(\w+|"[^"]+")\s*->>\s*'(\w+)'$/.exec(expression) ?? [];
  const array = each ? column(expression) : undefined;
  if (array?.type.endsWith('[]'))
    return blindly(`update ${sql} t set ${quoteIdent(array.attname)} = array[${foreign}]::${array.type} ${where}`);
  const document = each ? undefined : column(json);
  if (document?.type !== 'jsonb' || key === undefined) return null;
  const name = quoteIdent(document.attname);
  return blindly(
    `update ${sql} t set ${name} = ${name} || pg_catalog.jsonb_build_object('${key}', ${foreign}) ${where}`,
  );
}
