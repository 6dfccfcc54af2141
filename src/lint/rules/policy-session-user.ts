import { appliedPolicies } from '../applied.ts';
import { policyObject } from '../mend.ts';
import { asksForUser, routinesBehind } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { partsOf, type Expression } from '../scope/expression.ts';
import { mentionsSetting } from '../scope/mentions.ts';
import { listed } from '../wording.ts';

export const policySessionUser: LintRule = {
  id: 'policy-session-user',
  severity: 'error',
  summary: 'A policy tells the tenants apart by the role that is logged in, and all of them share one.',
  help: 'current_user and session_user are the same for every tenant where the application has one login: the policy holds for all of them or for none. Compare with the context.',
  falsePositives: ['Applications where each tenant has a login of its own.'],
  examples: [
    {
      bad: `create table app.members (login name not null, tenant_id uuid not null references app.tenants, primary key (login, tenant_id));
grant select on app.members to app_user;
alter policy own on app.notes using (tenant_id in (select m.tenant_id from app.members m where m.login = current_user));`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
      model: `tables: { app.members: { tenancy: shared, access: read } }`,
    },
    {
      bad: `alter table app.notes add column login name not null default current_user;
alter policy own on app.notes using (login = session_user);`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
    },
  ],
  *check(input) {
    const { snapshot, model } = input;
    for (const { modelled, policy, expressions, scope } of appliedPolicies(input)) {
      if (scope === 'scoped' || !policy.polpermissive) continue;
      const asking = expressions.some(isAsking);
      const context = expressions.some((one) => mentionsSetting(snapshot, model.context.setting, one));
      const helpers = context ? [] : routinesBehind(snapshot, policy).filter(({ prosrc }) => asksInText(prosrc));
      if (!asking && helpers.length === 0) continue;
      // Beside the context, it may be a role of the staff's.
      yield {
        object: policyObject(modelled.relation, policy),
        ...(context && { severity: 'warning' as const }),
        message: asking
          ? 'it asks for the role that is logged in, and its rows depend on that'
          : `its function ${listed(helpers.map(({ signature }) => signature))} asks for the role that is logged in`,
      };
    }
  },
};

function isAsking(expression: Expression): boolean {
  return [...partsOf(expression)].some(
    (part) => part.kind === 'user' || (part.kind === 'opaque' && asksForUser(part.node)),
  );
}

function asksInText(prosrc: string): boolean {
  return /\b(current_user|session_user|current_role)\b/i.test(prosrc);
}
