import type { Rule } from '../rule.ts';

export const policyWrongCommand: Rule = {
  id: 'policy-wrong-command',
  severity: 'error',
  summary: 'UPDATE or DELETE reaches rows that SELECT hides.',
  help:
    'A statement without a WHERE and without RETURNING needs no policy for SELECT: it hits the rows of all customers, unseen. ' +
    'Where a check then refuses the new row, the refusal still tells that such rows are there. ' +
    'Give UPDATE and DELETE the same USING predicate as SELECT, without the shared rows.',
};
