import { closureOf } from '../../access/role-closure.ts';
import { sessionRoleEscape as rule } from '../../domain/rules/session-role-escape.ts';
import type { Probe } from '../probe.ts';

/** The login of the application, where it is another than the app role, may have no rights of its own. */
export const sessionRoleEscape: Probe = {
  ...rule,
  writes: false,
  run(run) {
    const { login, appRole } = run.session;
    if (login === null || login.user === appRole) return Promise.resolve();
    run.tally.check();
    const { exempt, has } = closureOf(run.snapshot, login.user);
    const owned = run.targets.filter(
      ({ relation, intent }) =>
        intent.tenancy !== 'shared' && has.has(relation.relowner) && relation.relowner !== appRole,
    );
    if (exempt || owned.length > 0) {
      const why = exempt ? 'no policy binds' : `owns ${owned[0]?.name ?? ''} and may drop its policies`;
      run.tally.find(sessionRoleEscape, {
        object: `role:${appRole}`,
        message: `the application logs in as ${login.user}, which ${why}, and comes to ${appRole} by SET ROLE: RESET ROLE leads back there`,
        evidence: { login: login.user, exempt, owns: owned.map(({ name }) => name).slice(0, 20) },
      });
    }
    return Promise.resolve();
  },
};
