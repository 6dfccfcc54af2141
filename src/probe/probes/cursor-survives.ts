import type { Probe } from '../probe.ts';

/** Behind a pool, a cursor WITH HOLD of one client must not be open for the next one. */
export const cursorSurvives: Probe = {
  id: 'cursor-survives',
  severity: 'warning',
  summary: 'A cursor WITH HOLD that one client of the pool leaves open can be read by the next client.',
  help:
    'It holds the rows that its own tenant saw when it was opened, whatever context the session has by now. ' +
    'Open cursors without HOLD, close them, or let the pool run DISCARD ALL between clients: pool_mode = session, or server_reset_query_always = 1.',
  falsePositives: ['The application opens no cursor WITH HOLD.'],
  writes: false,
  run(run) {
    const { login } = run.session;
    if (login === null) return Promise.resolve();
    if (login.reuse.obstacle === null) run.tally.check();
    if (login.reuse.survives.includes('cursor')) {
      run.tally.find(cursorSurvives, {
        object: `role:${login.user}`,
        message: `a cursor WITH HOLD that one session of ${login.user} opened was open for another client`,
        evidence: { role: login.user },
      });
    }
    return Promise.resolve();
  },
};
