import { rolesByName } from '../../access/role-closure.ts';
import { appliedPolicies, type Applied } from '../applied.ts';
import { conditionsOf, expressionOf } from '../conditions.ts';
import type { LintInput } from '../input.ts';
import { policyObject } from '../mend.ts';
import { codeOf } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { passingOf } from '../scope.ts';
import { keyOf, partsOf, type Expression } from '../scope/expression.ts';
import { isTrue } from '../scope/outcome.ts';
import { routinesOf } from '../scope/routine.ts';
import { standInsOf } from '../stand-ins.ts';
import { listed } from '../wording.ts';

export const policyTrustsSession: LintRule = {
  id: 'policy-trusts-session',
  severity: 'warning',
  summary: 'A policy goes by a word beside the context, which any session may say: as staff, or as another tenant.',
  help: 'A setting is no privilege: whoever can run SQL can set it, and one that a pooled connection keeps opens the table to the next tenant: whoever resets the context does not think of it. What users write about themselves, as user_metadata of a JWT, is no better. Give staff a role of its own, with a policy or BYPASSRLS.',
  falsePositives: ['Settings that only a trusted proxy can set, in front of a role that can run no SQL of its own.'],
  examples: [
    {
      bad: `alter policy own on app.notes using (
  tenant_id = (select app.current_tenant()) or (select current_setting('app.is_admin', true)) = 'on'
);`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
    },
    {
      bad: `create function app.is_staff() returns boolean language plpgsql stable as $$
begin
  return coalesce(nullif(current_setting('app.staff', true), '')::boolean, false);
end $$;
create policy staff on app.notes for select using (app.is_staff());`,
      good: 'drop policy staff on app.notes;',
    },
    {
      bad: `create policy invited on app.notes for select using (
  tenant_id = (select (current_setting('app.claims', true)::jsonb -> 'user_metadata' ->> 'tenant')::uuid)
);`,
      good: 'drop policy invited on app.notes;',
    },
    {
      bad: `create function app.acting_tenant() returns uuid language sql stable as $$
  select coalesce(nullif(current_setting('app.impersonate', true), '')::uuid, app.current_tenant())
$$;
alter policy own on app.notes using (tenant_id = (select app.acting_tenant()));`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
    },
  ],
  *check(input) {
    for (const { object, setting } of standInsOf(input, (name) => isForeign(input, name))) {
      yield {
        object,
        aspect: setting,
        message: `it takes the tenant from ${setting}, in place of ${input.model.context.setting}`,
      };
    }
    for (const applied of appliedPolicies(input)) {
      const { modelled, policy, scope } = applied;
      // What is open in any session is another rule's.
      if (!policy.polpermissive || scope === 'open') continue;
      const words = openingWords(input, applied);
      if (words.size === 0) continue;
      const claimed = words.has(userMetadata);
      yield {
        object: policyObject(modelled.relation, policy),
        ...(claimed && { severity: 'error' as const }),
        message: claimed
          ? `it goes by ${userMetadata}, which users write themselves`
          : `it lets rows of every tenant pass where a session sets ${listed([...words])}`,
      };
    }
  },
};

/** The key of Supabase's JWT that users may change. */
const userMetadata = 'user_metadata';

/** What a session has to say for a policy, and the restrictive ones beside it, to let pass every tenant's rows. */
function openingWords(input: LintInput, applied: Applied): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { command, part, policies } of conditionsOf(applied)) {
    const expression = policies.permissive.includes(applied.policy) ? expressionOf(applied.policy, part) : null;
    if (expression === null) continue;
    const args = [expression];
    for (const floor of policies.restrictive) args.push(expressionOf(floor, part) ?? unread);
    for (const { key, word } of wordsOf(input, expression)) {
      const assumed = new Map([[key, isTrue]]);
      const passing = passingOf(input, applied.modelled.relation, { kind: 'and', args }, command, assumed) ?? [];
      const opens = passing.some(
        ({ chance, situation: { rows, context } }) => chance === 'certain' && rows === 'foreign' && context === 'set',
      );
      if (opens) found.add(word);
    }
  }
  return found;
}

const unread: Expression = { kind: 'opaque', node: null };

interface Word {
  /** The condition that it makes true. */
  readonly key: string;
  readonly word: string;
}

/** The conditions that rest on user_metadata, or on a setting of which the model knows nothing, and then on nothing of the row. */
function* wordsOf(input: LintInput, expression: Expression): Generator<Word> {
  const roles = rolesByName(input.snapshot);
  for (const part of partsOf(expression)) {
    if (!['compare', 'any', 'distinct', 'is', 'cast', 'call'].includes(part.kind)) continue;
    const parts = [...partsOf(part)];
    const key = keyOf(part);
    const constants = parts.flatMap((one) => (one.kind === 'constant' ? [String(one.value)] : []));
    if (constants.includes(userMetadata)) yield { key, word: userMetadata };
    // policy-redundant-bypass tells of roles.
    if (constants.some((name) => roles.get(name)?.rolbypassrls)) continue;
    if (parts.some(({ kind }) => kind === 'column' || kind === 'opaque')) continue;
    for (const word of parts.flatMap((one) => settingsRead(input, one)))
      if (isForeign(input, word)) yield { key, word };
  }
}

function settingsRead({ snapshot }: LintInput, part: Expression): readonly string[] {
  if (part.kind !== 'call') return [];
  if (part.name === 'current_setting') return part.args.slice(0, 1).flatMap(textOf);
  return routinesOf(snapshot, part)
    .filter(({ rettype }) => rettype === 'boolean')
    .flatMap((routine) =>
      [...codeOf(routine).matchAll(/\bcurrent_setting\s*\(\s*'([^']+)'/gi)].map(([, one]) => one ?? ''),
    );
}

function textOf(expression: Expression): readonly string[] {
  if (expression.kind === 'cast') return textOf(expression.arg);
  return expression.kind === 'constant' ? [String(expression.value)] : [];
}

/** Neither PostgreSQL's own, nor the context, nor what PostgREST sets beside it. */
function isForeign({ model }: LintInput, setting: string): boolean {
  const own = model.context.setting.toLowerCase();
  const name = setting.toLowerCase();
  return name.includes('.') && name !== own && !(own.startsWith('request.') && name.startsWith('request.'));
}
