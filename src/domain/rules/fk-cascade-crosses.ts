import type { Rule } from '../rule.ts';

export const fkCascadeCrosses: Rule = {
  id: 'fk-cascade-crosses',
  severity: 'error',
  summary: "A tenant's DELETE, or UPDATE of a key, changes or deletes another tenant's rows, or whose rows they are.",
  help:
    'What a foreign key does to the rows that point at a deleted or changed one, it does without any policy. ' +
    'Put the tenant into the key on both sides, and let no action set it; find and repair the rows that cross already before.',
};
