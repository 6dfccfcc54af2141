import { uniqueOracle as rule } from '../../domain/rules/unique-oracle.ts';
import type { Probe } from '../probe.ts';

/** No key may tell a subject which values others have taken, unless the model says that it holds for all on purpose. */
export const uniqueOracle: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, keys } of await run.writes()) {
      run.tally.check(keys.reached);
      for (const obstacle of keys.obstacles) run.tally.inconclusive(uniqueOracle.id, target.name, obstacle);
      const told = keys.effects.filter(({ did }) => did === 'told');
      for (const key of new Set(told.map((effect) => effect.key))) {
        const effects = told.filter((effect) => effect.key === key);
        const [first] = effects;
        if (!first) continue;
        run.tally.find(
          uniqueOracle,
          {
            object: target.name,
            // The names of tenants are one namespace: that one is taken, whoever signs up is told.
            severity: target.intent.tenancy === 'root' ? 'info' : 'warning',
            message: `${run.noun} ${first.subject} learns from the key ${key} which values of ${first.columns.join(', ')} others have, as by: ${first.statement}`,
            evidence: { role: run.session.appRole, key, effects },
          },
          key,
        );
      }
    }
  },
};
