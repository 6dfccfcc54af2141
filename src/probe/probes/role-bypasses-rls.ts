import { loadSql } from '../../sql/load.ts';
import type { Probe } from '../probe.ts';
import { describeFailure } from '../session.ts';

const bypassingSql = loadSql(import.meta.url, '../queries/bypassing-roles.sql');

/** Neither the app role nor a role that it can become may be exempt from row-level security. */
export const roleBypassesRls: Probe = {
  id: 'role-bypasses-rls',
  severity: 'error',
  summary: 'Row-level security does not bind the app role, or a role that it can become.',
  help: 'No policy applies to a superuser or a role with BYPASSRLS: every query sees all tenants. Let the application log in as a role with neither, that is a member of no such role.',
  writes: false,
  async run(run) {
    const app = run.session.appRole;
    // From 16 on, a membership may come without SET.
    const membership = run.snapshot.serverVersionNum >= 160000 ? 'SET' : 'MEMBER';
    const result = await run.session.truth<{ role: string; super: boolean }>(bypassingSql, [app, membership]);
    const object = `role:${app}`;
    if (!result.ok) {
      run.tally.inconclusive(roleBypassesRls.id, object, describeFailure(result.failure));
      return;
    }
    run.tally.check();
    const [first] = result.value;
    if (!first) return;
    const what = first.super ? 'a superuser' : 'exempt by BYPASSRLS';
    run.tally.find(roleBypassesRls, {
      object,
      message:
        first.role === app
          ? `the app role is ${what}: no policy applies to it`
          : `the app role can become ${first.role}, which is ${what}`,
      evidence: { roles: result.value.map(({ role, super: superuser }) => ({ role, superuser })) },
    });
  },
};
