import type { Probe } from '../probe.ts';
import { reportCollateral } from '../write/blame-collateral.ts';

/** A rule may write, in a subject's name, no row of others. */
export const ruleRunsAsOwner: Probe = {
  id: 'rule-runs-as-owner',
  severity: 'error',
  summary: "A tenant's own write ends, through a rule, in another tenant's rows.",
  help: "A rule writes with the rights of the table's owner, whom the policies of what it writes to may not bind. Drop it; a trigger that runs as invoker does the same within the policies.",
  writes: true,
  async run(run) {
    await reportCollateral(run, ruleRunsAsOwner, 'rules');
  },
};
