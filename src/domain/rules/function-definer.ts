import type { Rule } from '../rule.ts';

export const functionDefiner: Rule = {
  id: 'function-definer',
  severity: 'error',
  summary: 'A SECURITY DEFINER function reads tenant tables as an owner whom row-level security does not bind.',
  help:
    'Whoever may call it gets what the function reads of all tenants; new functions may be called by everybody. ' +
    'Make it SECURITY INVOKER, or compare the tenant with the context inside, and revoke EXECUTE from PUBLIC.',
  falsePositives: [
    'A function that tells something about all tenants on purpose, such as whether a name is taken; list such a key under `oracles`.',
  ],
};
