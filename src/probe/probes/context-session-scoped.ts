import type { Probe } from '../probe.ts';

/** Behind a pool, what one client sets for its session must not reach the next one. */
export const contextSessionScoped: Probe = {
  id: 'context-session-scoped',
  severity: 'warning',
  summary: 'A setting that one client of the pool makes for its session reaches the next client.',
  help:
    'A context that is set with SET, or with set_config(…, false), stays in the server process, and the next customer works with it. ' +
    'Set it with set_config(…, true) inside of each transaction, or let the pool clean sessions: pool_mode = session, or server_reset_query_always = 1.',
  falsePositives: [
    'Every statement of the application sets its context by set_config(…, true) in its own transaction.',
  ],
  writes: false,
  run(run) {
    const { login } = run.session;
    if (login === null) return Promise.resolve();
    const { survives, obstacle } = login.reuse;
    const object = `role:${login.user}`;
    if (obstacle !== null) run.tally.inconclusive(contextSessionScoped.id, object, obstacle);
    else run.tally.check();
    if (survives.includes('setting')) {
      run.tally.find(contextSessionScoped, {
        object,
        message: `a setting that one session of ${login.user} made was there for another client: the pool hands server processes on as they are`,
        evidence: { role: login.user, survives },
      });
    }
    return Promise.resolve();
  },
};
