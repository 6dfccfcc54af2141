import type { Probe } from '../probe.ts';

/** No key may tell a subject which values others have taken, unless the model says that it holds for all on purpose. */
export const uniqueOracle: Probe = {
  id: 'unique-oracle',
  severity: 'warning',
  summary: 'A unique key tells a tenant which values other tenants have stored.',
  help:
    'Unique keys see all rows: storing a guessed e-mail address or number succeeds or fails by what other customers have. ' +
    "Put the tenant into the key; where it holds for all on purpose, say so under the table's `oracles` in rowhouse.yaml.",
  falsePositives: [
    'A key whose values nobody could guess, but that have neither a uuid type nor a default, such as tokens that the application makes.',
  ],
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
