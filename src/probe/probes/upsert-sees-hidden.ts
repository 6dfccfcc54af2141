import { upsertSeesHidden as rule } from '../../domain/rules/upsert-sees-hidden.ts';
import type { Probe } from '../probe.ts';

/** ON CONFLICT may neither change a row that the subject cannot see nor run code on it. */
export const upsertSeesHidden: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, effects, keys } of await run.writes()) {
      // Where a plain UPDATE reaches such rows, that is the finding.
      if (target.relation.relkind === 'v' || effects.some(({ foreign }) => foreign > 0)) continue;
      const hidden = keys.effects.filter(({ did }) => did !== 'told');
      const first = hidden.find(({ declared }) => !declared) ?? hidden[0];
      if (!first) continue;
      // Where the key is one for all on purpose, the server alone is to blame, and there is nothing to change in the schema.
      const onPurpose = first.did === 'ran' && (first.declared || target.intent.tenancy === 'root');
      run.tally.find(upsertSeesHidden, {
        object: target.name,
        severity: onPurpose ? 'info' : 'error',
        message: `${run.noun} ${first.subject} ${first.did === 'ran' ? 'reads' : 'changes'} a hidden row that has its value of ${first.columns.join(', ')}, as by: ${first.statement}`,
        evidence: { role: run.session.appRole, effects: hidden },
      });
    }
  },
};
