import { viewDefiner as rule } from '../../domain/rules/view-definer.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';

export const viewDefiner: Probe = {
  ...rule,
  writes: true,
  run: (run) => reportInterference(run, rule),
};
