import { appliesTo } from '../../access/policies.ts';
import { checkOf, usingOf } from '../../access/policies.ts';
import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { policyObject, quotedPolicy } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { formatIdent } from '../../sql/ident.ts';

export const policyFloorGap: LintRule = {
  id: 'policy-floor-gap',
  severity: 'error',
  summary: 'A restrictive policy holds the tenants apart, but not for every role and command.',
  help: 'What it does not cover is decided by permissive policies alone, and one of them lets rows of every tenant pass. Make it TO PUBLIC and FOR ALL.',
  examples: [
    {
      bad: `drop policy own on app.notes;
create policy everything on app.notes using (true);
create policy floor on app.notes as restrictive for select using (tenant_id = (select app.current_tenant()));`,
    },
    {
      bad: `drop policy own on app.notes;
create policy everything on app.notes using (true);
create policy floor on app.notes as restrictive to app_owner using (tenant_id = (select app.current_tenant()));`,
    },
  ],
  *check(input) {
    for (const { modelled, policy, ways, floor } of holesOf(input, 'policy-floor-gap')) {
      if (floor === null) continue;
      const { relation } = modelled;
      const name = quotedPolicy(relation, floor);
      const reason = appliesTo(floor, input.access.closure) ? 'is not for this command' : `is not for ${input.role}`;
      yield {
        object: policyObject(relation, floor),
        message: `it ${reason}: through ${formatIdent(policy.polname)}, ${input.role} can ${deedsOf(ways)} rows of every tenant`,
        fix: `drop policy ${name};
create policy ${name} as restrictive using (${usingOf({ ...floor, polqual: floor.polqual ?? checkOf(floor) })}) with check (${checkOf(floor)});`,
      };
    }
  },
};
