import { noninterference as rule } from '../../domain/rules/noninterference.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';

export const noninterference: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    await reportInterference(run, rule);
    const { notCalled, sampled } = await run.interference();
    for (const routine of notCalled) run.tally.uncalled(routine);
    for (const table of sampled) run.tally.inPart(table);
  },
};
