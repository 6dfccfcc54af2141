import { appliedPolicies } from '../applied.ts';
import type { LintInput, Modelled } from '../input.ts';
import { policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { columnsNamed, mentionsSetting } from '../scope/mentions.ts';
import { keyOf, partsOf, readExpression, type Expression } from '../scope/expression.ts';
import { ownershipOf } from '../scope/ownership.ts';
import { objectOf } from '../wording.ts';

export const policyJsonTenant: LintRule = {
  id: 'policy-json-tenant',
  severity: 'warning',
  summary: 'The tenant of a row stands in its JSON.',
  help: 'There it has no type, no foreign key and no NOT NULL: a row without it, or with another spelling, belongs to nobody, and whoever may write the JSON may change it. Make it a column of its own, NOT NULL: a generated one if the JSON must stay what it is.',
  examples: [
    {
      bad: `create table app.documents (id uuid primary key, metadata jsonb not null);
alter table app.documents enable row level security;
alter table app.documents force row level security;
create policy own on app.documents using ((metadata ->> 'tenant_id')::uuid = (select app.current_tenant()));
grant select on app.documents to app_user;`,
      good: `alter table app.documents add column tenant_id text not null generated always as (metadata ->> 'tenant_id') stored;
alter policy own on app.documents using (tenant_id = (select app.current_tenant()::text));`,
      model: `tables: { app.documents: { tenancy: row, expression: "metadata ->> 'tenant_id'" } }`,
    },
    {
      bad: `alter table app.notes add column meta jsonb not null default '{}';
alter policy own on app.notes using ((meta ->> 'tenant_id')::uuid = (select app.current_tenant()));`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
    },
  ],
  *check(input) {
    const reported = new Set<number>();
    for (const modelled of input.commonTables) {
      if (!isInJson(input, modelled)) continue;
      reported.add(modelled.relation.oid);
      yield {
        object: objectOf(modelled.relation),
        message: 'the model finds the tenant in its JSON, and no generated column that is NOT NULL holds it',
      };
    }
    for (const { modelled, policy, expressions, scope, ownership } of appliedPolicies(input)) {
      if (scope !== 'unknown' || ownership.column === null || reported.has(modelled.relation.oid)) continue;
      if (!expressions.some((expression) => comparesJson(input, expression))) continue;
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it compares a key of JSON with the context, and not ${ownership.column}`,
      };
    }
  },
};

function isInJson({ snapshot, model }: LintInput, { relation, intent }: Modelled): boolean {
  const ownership = ownershipOf(snapshot, model, relation);
  if (intent.tenantColumn !== null || ownership?.table.tenancy !== 'row') return false;
  const { owner } = ownership.table;
  const expression = owner.kind === 'expression' ? readExpression(owner.expression) : null;
  if (expression === null || ![...partsOf(expression)].some(isJson)) return false;
  return !relation.columns.some(({ attgenerated, attnotnull, default: generated }) => {
    const made = attgenerated === 's' && attnotnull && generated !== null ? readExpression(generated) : null;
    return made !== null && keyOf(made) === ownership.tenantKey;
  });
}

function comparesJson({ snapshot, model }: LintInput, expression: Expression): boolean {
  return [...partsOf(expression)].some((part) => {
    if (part.kind !== 'compare' || part.operator !== '=') return false;
    const [json, other] = [part.left, part.right].sort((a, b) => Number(isRowJson(b)) - Number(isRowJson(a)));
    return (
      json !== undefined &&
      isRowJson(json) &&
      other !== undefined &&
      mentionsSetting(snapshot, model.context.setting, other)
    );
  });
}

/** Whether an expression reads JSON of the row. */
function isRowJson(expression: Expression): boolean {
  return [...partsOf(expression)].some(isJson) && columnsNamed(expression).size > 0;
}

function isJson(part: Expression): boolean {
  if (part.kind === 'call') return /^jsonb?_extract_path/.test(part.name);
  return part.kind === 'compare' && /^#?->>?$|^#>>?$/.test(part.operator);
}
