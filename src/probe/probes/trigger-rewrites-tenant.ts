import type { Probe } from '../probe.ts';
import { reportCollateral } from '../write/blame-collateral.ts';

/** What a subject writes may end, through triggers, at nobody else. */
export const triggerRewritesTenant: Probe = {
  id: 'trigger-rewrites-tenant',
  severity: 'error',
  summary: "A tenant's own write ends, through a trigger, in another tenant's rows.",
  help:
    'A trigger that sets the tenant or the context, or that writes with the rights of its owner, carries rows past the policies. ' +
    'Let it take the tenant from the context alone, run it as invoker, and give what it writes the tenant of the row that fired it.',
  writes: true,
  async run(run) {
    await reportCollateral(run, triggerRewritesTenant, 'triggers');
  },
};
