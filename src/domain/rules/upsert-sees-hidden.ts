import type { Rule } from '../rule.ts';

export const upsertSeesHidden: Rule = {
  id: 'upsert-sees-hidden',
  severity: 'error',
  summary: 'INSERT … ON CONFLICT DO UPDATE reads or writes a row that the tenant cannot see.',
  help:
    'Servers before 18.7, 17.12, 16.16, 15.20 and 14.25 run the WHERE of DO UPDATE on the row in conflict before any policy: ' +
    'an error or a delay in it tells what another customer stores under a known key. Upgrade, and put the tenant into the key.',
};
