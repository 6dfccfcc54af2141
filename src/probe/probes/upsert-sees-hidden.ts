import type { Probe } from '../probe.ts';

/** ON CONFLICT may neither change a row that the subject cannot see nor run code on it. */
export const upsertSeesHidden: Probe = {
  id: 'upsert-sees-hidden',
  severity: 'error',
  summary: 'INSERT … ON CONFLICT DO UPDATE reads or writes a row that the tenant cannot see.',
  help:
    'Servers before 18.7, 17.12, 16.16, 15.20 and 14.25 run the WHERE of DO UPDATE on the row in conflict before any policy: ' +
    'an error or a delay in it tells what another customer stores under a known key. Upgrade, and put the tenant into the key.',
  writes: true,
  async run(run) {
    for (const { target, keys } of await run.writes()) {
      if (target.relation.relkind === 'v') continue;
      const [first] = keys.effects.filter(({ did }) => did !== 'told');
      if (!first) continue;
      run.tally.find(upsertSeesHidden, {
        object: target.name,
        message: `${run.noun} ${first.subject} ${first.did === 'ran' ? 'reads' : 'changes'} a hidden row that has its value of ${first.columns.join(', ')}, as by: ${first.statement}`,
        evidence: { role: run.session.appRole, effects: keys.effects.filter(({ did }) => did !== 'told') },
      });
    }
  },
};
