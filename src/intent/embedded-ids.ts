import { findColumn } from '../catalog/lookup.ts';
import type { EmbeddedKey, RowTable } from '../model/model.ts';
import { place } from './predicates.ts';
import type { Reality } from './reality.ts';
import type { EmbeddedIds } from './relation-intent.ts';
import type { RowSource } from './row-source.ts';

/** The ids that rows of a table hold of other rows; notes a target that is not there. */
export function compileEmbedded(reality: Reality, table: RowTable, source: RowSource): readonly EmbeddedIds[] {
  return table.embedded.flatMap((embedded) => {
    const { target, expression, each } = embedded;
    const key = `${expression}${each ? '[]' : ''}`;
    const at = `${place(table)}.embedded[${key}]`;
    const relation = reality.relation(target, at);
    if (relation === undefined || !reality.hasColumn(relation, target.column, at)) return [];
    const type = findColumn(relation, target.column)?.type ?? '';
    const ids = normalized(idsOf(embedded, source), type);
    return [{ key, ids, target: { schema: target.schema, name: target.name }, column: target.column }];
  });
}

/** As text, whatever the expression is: to_jsonb makes one of SQL's and JSON's values, and `lax` takes one array with several dimensions, or none. */
function idsOf({ expression, each }: EmbeddedKey, source: RowSource): string {
  const value = `pg_catalog.to_jsonb(${source.evaluate(expression)})`;
  if (!each) return `select ${value} #>> '{}' as id`;
  return `select item #>> '{}' as id from pg_catalog.jsonb_path_query(${value}, 'lax $[*][*][*]') item`;
}

/**
 * One id has many spellings as a uuid or a number, and JSON may hold any of them. What is none of that type stays as it is:
 * it leads nowhere, and raises no error.
 */
function normalized(ids: string, type: string): string {
  const id = spelling(type);
  return `select ${id} as id from (${ids}) e where e.id is not null`;
}

function spelling(type: string): string {
  const digits = `pg_catalog.lower(pg_catalog.translate(e.id, '{}- ', ''))`;
  if (type === 'uuid')
    return `case when ${digits} ~ '^[0-9a-f]{32}$' then ${digits}::pg_catalog.uuid::pg_catalog.text else e.id end`;
  if (['smallint', 'integer', 'bigint'].includes(type)) {
    return `case when e.id ~ '^\\s*[+-]?\\d{1,18}(\\.0*)?\\s*$' then pg_catalog.trim_scale(e.id::pg_catalog.numeric)::pg_catalog.text else e.id end`;
  }
  return 'e.id';
}
