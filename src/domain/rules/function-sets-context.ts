import type { Rule } from '../rule.ts';

export const functionSetsContext: Rule = {
  id: 'function-sets-context',
  severity: 'error',
  summary: 'A function that the app role can run sets the tenant of the session to one of its own.',
  help: "While it runs, policies go by the function's tenant and not by the caller's: it reads and writes that tenant's rows for everybody. Take the setting off the function.",
};
