import { functionSetsContext as rule } from '../../domain/rules/function-sets-context.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';

export const functionSetsContext: Probe = {
  ...rule,
  writes: true,
  run: (run) => reportInterference(run, rule),
};
