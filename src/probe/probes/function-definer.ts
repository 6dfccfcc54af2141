import { functionDefiner as rule } from '../../domain/rules/function-definer.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';

export const functionDefiner: Probe = {
  ...rule,
  writes: true,
  run: (run) => reportInterference(run, rule),
};
