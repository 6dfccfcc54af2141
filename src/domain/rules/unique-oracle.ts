import type { Rule } from '../rule.ts';

export const uniqueOracle: Rule = {
  id: 'unique-oracle',
  severity: 'warning',
  summary: 'A unique key tells a tenant which values other tenants have stored.',
  help:
    'Unique keys see all rows: storing a guessed e-mail address or number succeeds or fails by what other customers have. ' +
    "Put the tenant into the key; where it holds for all on purpose, say so under the table's `oracles` in rowhouse.yaml.",
  falsePositives: [
    'A key whose values nobody could guess, but that have neither a uuid type nor a default, such as tokens that the application makes.',
  ],
};
