import { policyFallbackTenant as rule } from '../../domain/rules/policy-fallback-tenant.ts';
import type { RoleSetting } from '../../catalog/snapshot.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import type { LintInput } from '../input.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule, Observed } from '../rule.ts';
import { activeEventTriggers } from '../opened-walls.ts';
import { tenantSetBy } from '../said-context.ts';
import { roleObject } from '../wording.ts';

export const policyFallbackTenant: LintRule = {
  ...rule,
  falsePositives: [
    'A login of one tenant only, whose context is preset on purpose and which is listed as an app role.',
  ],
  examples: [
    {
      bad: `alter policy own on app.notes using (
  tenant_id = coalesce((select app.current_tenant()), '00000000-0000-0000-0000-000000000002')
);`,
    },
    {
      bad: `alter role app_user login;
alter role app_user set app.current_tenant = '00000000-0000-0000-0000-000000000002';`,
    },
    {
      bad: `create function app.at_login() returns event_trigger language plpgsql as $$
begin
  perform set_config('app.current_tenant', '00000000-0000-0000-0000-000000000002', false);
end $$;
create event trigger at_login on login execute function app.at_login();`,
      since: 17,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-fallback-tenant')) {
      const { modelled, policy, ways } = hole;
      const always = ways.some(({ situations }) => situations.some(({ context }) => context === 'set'));
      const fix = mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it names a tenant, whose rows it lets ${always ? 'every tenant' : 'a session without a context'} ${deedsOf(ways)}`,
        ...(fix !== undefined && { fix }),
      };
    }
    for (const setting of input.snapshot.roleSettings) yield* presetBy(input, setting);
    yield* presetAtLogin(input);
  },
};

/** Settings are applied at login: those of a role that cannot log in never are. */
function* presetBy(
  { snapshot, model, role, access }: LintInput,
  { rolname, thisDatabase, setconfig }: RoleSetting,
): Generator<Observed> {
  const prefix = `${model.context.setting.toLowerCase()}=`;
  const preset = setconfig.find((item) => item.toLowerCase().startsWith(prefix));
  if (preset === undefined || preset.length === prefix.length || (rolname !== null && rolname !== role)) return;
  if (rolname !== null && !access.closure.role.rolcanlogin) return;
  const database = quoteIdent(snapshot.database);
  const place = thisDatabase ? ` in database ${database}` : '';
  yield {
    object: roleObject(role),
    message: `every session${rolname === null ? '' : ` of ${rolname}`} starts as a tenant that it did not name: ${model.context.setting} is preset`,
    fix:
      rolname === null
        ? `alter ${thisDatabase ? `database ${database}` : 'role all'} reset ${settingName(model.context.setting)};`
        : `alter role ${quoteIdent(rolname)}${place} reset ${settingName(model.context.setting)};`,
  };
}

/** What a login trigger sets, a role has that is only become by SET ROLE, too. */
function* presetAtLogin({ snapshot, model, role }: LintInput): Generator<Observed> {
  for (const { trigger, routine } of activeEventTriggers(snapshot)) {
    const tenant = trigger.evtevent === 'login' ? tenantSetBy(model, routine) : undefined;
    if (tenant === undefined) continue;
    yield {
      object: roleObject(role),
      aspect: trigger.evtname,
      message: `sessions start as a tenant that they did not name: the login trigger ${formatIdent(trigger.evtname)} sets ${model.context.setting} to ${tenant}`,
      fix: `drop event trigger ${quoteIdent(trigger.evtname)};`,
    };
  }
}

function settingName(setting: string): string {
  return setting.split('.').map(quoteIdent).join('.');
}
