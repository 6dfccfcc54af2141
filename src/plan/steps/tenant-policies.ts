import { nameOf } from '../../catalog/lookup.ts';
import { written, writtenName } from '../../sql/written.ts';
import {
  formerTables,
  livePolicies,
  ourPolicies,
  policyDefinition,
  wantedPolicies,
  type FormerTable,
  type WantedPolicies,
} from '../policies.ts';
import type { Situation } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** The walls. */
export const tenantPolicies: StepKind = {
  id: 'policies',
  phase: 'contract',
  run: 'transaction',
  does: 'Row-level security. FORCE binds the owner too. The policies come with ENABLE in one transaction: never a moment without.',
  locks: 'AccessExclusive on the table, for an instant.',
  rows: 'none.',
  plan: (situation) => [
    ...wantedPolicies(situation)
      .filter(({ tenant }) => !situation.settledPolicies.has(writtenName(nameOf(tenant.relation))))
      .map((wanted) => step(situation, wanted)),
    ...formerTables(situation).map((former) => opened(former)),
  ],
};

/** Tables for everybody that an earlier model gave to tenants: without their policies they are as they were before. */
function opened({ relation, ours, others }: FormerTable): Step {
  const name = writtenName(nameOf(relation));
  const stands = others.length > 0;
  const off = [
    ...(relation.relforcerowsecurity ? ['no force row level security'] : []),
    ...(relation.relrowsecurity ? ['disable row level security'] : []),
  ].map((change) => `alter table ${name} ${change}`);
  const on = [
    ...(relation.relrowsecurity ? ['enable row level security'] : []),
    ...(relation.relforcerowsecurity ? ['force row level security'] : []),
  ].map((change) => `alter table ${name} ${change}`);
  return {
    table: nameOf(relation),
    up: [...ours.map(({ polname }) => `drop policy ${written(polname)} on ${name}`), ...(stands ? [] : off)],
    down: [...ours.map((policy) => policyDefinition(name, policy)), ...(stands ? [] : on)],
    notes: ['By the model its rows are for everybody: the policies that kept tenants apart go.'],
    allows: {
      up: stands ? [] : [{ rule: 'disabling-row-security', reason: 'by the model its rows are for everybody' }],
    },
  };
}

function step(situation: Situation, { tenant, policies, enable, summary }: WantedPolicies): Step {
  const { relation, table } = tenant;
  const name = writtenName(nameOf(relation));
  const names = new Set([...ourPolicies, ...policies.map((policy) => policy.name)]);
  const replaced = livePolicies(situation, tenant).filter(({ polname }) => names.has(polname));
  return {
    table: table.table,
    up: [
      ...replaced.map(({ polname }) => `drop policy ${written(polname)} on ${name}`),
      ...policies.map(({ sql }) => sql),
      ...enable,
    ],
    down: [
      ...(relation.relforcerowsecurity ? [] : [`alter table ${name} no force row level security`]),
      ...(relation.relrowsecurity ? [] : [`alter table ${name} disable row level security`]),
      ...policies.map((policy) => `drop policy ${written(policy.name)} on ${name}`),
      ...replaced.map((policy) => policyDefinition(name, policy)),
    ],
    notes: [`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`],
  };
}
