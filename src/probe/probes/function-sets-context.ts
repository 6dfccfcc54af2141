import { functionSetsContext as rule } from '../../domain/rules/function-sets-context.ts';
import { reportInterference } from '../noninterference/report.ts';
import { reportCalls } from '../write/blame-calls.ts';
import type { Probe } from '../probe.ts';

export const functionSetsContext: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    await reportInterference(run, rule);
    await reportCalls(run, rule);
  },
};
