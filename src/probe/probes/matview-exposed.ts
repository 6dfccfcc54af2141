import { matviewExposed as rule } from '../../domain/rules/matview-exposed.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';

export const matviewExposed: Probe = {
  ...rule,
  writes: true,
  run: (run) => reportInterference(run, rule),
};
