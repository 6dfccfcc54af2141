import type { Rule } from '../rule.ts';

export const functionDefiner: Rule = {
  id: 'function-definer',
  severity: 'error',
  summary:
    'A function that the app role may call reads or writes tenant tables with the rights of a role that policies do not bind.',
  help: 'A SECURITY DEFINER function runs as its owner, and PUBLIC may execute a new function: where it does not compare with the context itself, it answers for every tenant. Make it SECURITY INVOKER, let it check the context, or revoke EXECUTE.',
  falsePositives: ['A function that shows nothing of a tenant, such as whether a name is taken.'],
};
