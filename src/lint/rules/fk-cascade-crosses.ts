import { fkCascadeCrosses as rule } from '../../domain/rules/fk-cascade-crosses.ts';
import { mayUse } from '../../access/matrix.ts';
import { findColumn, foreignKeysOf } from '../../catalog/lookup.ts';
import type { Column, Constraint, Relation } from '../../catalog/snapshot.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintInput } from '../input.ts';
import type { LintRule } from '../rule.ts';
import { valueWithout } from '../scope.ts';
import { readExpression } from '../scope/expression.ts';
import { ownershipOf, type Ownership } from '../scope/ownership.ts';
import { objectOf, quoted } from '../wording.ts';

export const fkCascadeCrosses: LintRule = {
  ...rule,
  severity: 'warning',
  examples: [
    {
      bad: `alter table app.notes alter tenant_id drop not null;
alter table app.notes drop constraint notes_tenant_id_project_id_fkey;
alter table app.notes add foreign key (tenant_id, project_id)
  references app.projects (tenant_id, id) on delete set null;`,
    },
  ],
  *check(input) {
    for (const { relation } of input.commonTables) {
      const ownership = ownershipOf(input.snapshot, input.model, relation);
      const tenant = ownership?.column ? findColumn(relation, ownership.column) : undefined;
      if (!ownership || !tenant || ownership.table.tenancy === 'root' || relation.relispartition) continue;
      for (const key of foreignKeysOf(input.snapshot, relation)) {
        const [action] = actionsOn(key, tenant).filter(
          (one) => mayCause(input, key, one) && changes(input, ownership, tenant, one),
        );
        if (action === undefined) continue;
        yield {
          object: objectOf(relation),
          aspect: key.conname,
          message: `${action.text} of ${key.conname} sets ${formatIdent(tenant.attname)} too: the rows that are left are ${action.sets === 'NULL' ? "nobody's" : "another tenant's"}`,
          fix: `alter table ${quoted(relation)} drop constraint ${quoteIdent(key.conname)},
  add constraint ${quoteIdent(key.conname)} ${mended(input, relation, key, tenant, action)};`,
        };
      }
    }
  },
};

interface Action {
  readonly on: 'DELETE' | 'UPDATE';
  readonly sets: 'NULL' | 'DEFAULT';
  /** As the definition of the key says it. */
  readonly text: string;
}

/** What the key does to the tenant column when the row that it points at is deleted, or gets another key. */
function actionsOn({ definition }: Constraint, { attname }: Column): readonly Action[] {
  return [...definition.matchAll(/ON (DELETE|UPDATE) SET (NULL|DEFAULT)(?: \((.*?)\))?/g)].flatMap(
    ([text, on, sets, columns]) => {
      const all = columns === undefined || columns.split(', ').includes(formatIdent(attname));
      return all ? [{ on: on as Action['on'], sets: sets as Action['sets'], text }] : [];
    },
  );
}

/** Whether the app role may delete or change what the key points at. */
function mayCause({ access }: LintInput, { confrelid, confcolumns }: Constraint, { on }: Action): boolean {
  const parent = access.relations.get(confrelid ?? 0);
  if (parent === undefined) return false;
  const { UPDATE } = parent.privileges.columns;
  return on === 'DELETE' ? mayUse(parent, 'delete') : confcolumns.some((column) => UPDATE.includes(column));
}

/** Whether the column takes the new value, and that is no longer the tenant. */
function changes(input: LintInput, ownership: Ownership, tenant: Column, { sets }: Action): boolean {
  if (sets === 'NULL' || tenant.default === null) return !tenant.attnotnull;
  const expression = readExpression(tenant.default);
  return expression !== null && valueWithout(input, ownership, expression).kind === 'text';
}

/** The key's definition with an action that leaves the tenant alone: on the other columns where the server has that, or none. */
function mended(
  { snapshot }: LintInput,
  relation: Relation,
  { definition, columns }: Constraint,
  { attname }: Column,
  { text, on, sets }: Action,
): string {
  const others = columns.filter((column) => column !== attname && findColumn(relation, column)?.attnotnull === false);
  const listed = others.map(quoteIdent).join(', ');
  const possible = snapshot.serverVersionNum >= 150_000 && on === 'DELETE' && others.length > 0;
  return definition.replace(` ${text}`, possible ? ` ON DELETE SET ${sets} (${listed})` : '');
}
