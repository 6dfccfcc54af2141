import type { Rule } from '../rule.ts';

export const foreignRowWritable: Rule = {
  id: 'foreign-row-writable',
  severity: 'error',
  summary: "A tenant changes or deletes another tenant's rows.",
  help:
    'A statement without a WHERE, or with a guessed key, changes the data of other customers. ' +
    'Enable and force row-level security, and give UPDATE and DELETE the same USING predicate as SELECT, without the shared rows.',
};
