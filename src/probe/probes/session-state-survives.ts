import type { Probe } from '../probe.ts';

const nouns = { statement: 'a prepared statement', lock: 'an advisory lock' } as const;

/** Behind a pool, what one client makes in its session must not reach the next one. */
export const sessionStateSurvives: Probe = {
  id: 'session-state-survives',
  severity: 'warning',
  summary:
    'Prepared statements and locks of one client of the pool, and with them temporary tables and lastval(), reach the next client.',
  help:
    'A temporary table, or the answer of lastval(), may hold what belongs to another customer. ' +
    'Make nothing that outlives its transaction, or let the pool run DISCARD ALL between clients: pool_mode = session, or server_reset_query_always = 1.',
  falsePositives: ['The application makes nothing that outlives its transaction.'],
  writes: false,
  run(run) {
    const { login } = run.session;
    if (login === null) return Promise.resolve();
    if (login.reuse.obstacle === null) run.tally.check();
    const found = (['statement', 'lock'] as const).filter((leftover) => login.reuse.survives.includes(leftover));
    if (found.length > 0) {
      run.tally.find(sessionStateSurvives, {
        object: `role:${login.user}`,
        message: `${found.map((leftover) => nouns[leftover]).join(' and ')} of one session of ${login.user} ${found.length === 1 ? 'was' : 'were'} there for another client`,
        evidence: { role: login.user, survives: login.reuse.survives },
      });
    }
    return Promise.resolve();
  },
};
