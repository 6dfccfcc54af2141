import { noninterference as rule } from '../../domain/rules/noninterference.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';
import { relationNotInModel } from './relation-not-in-model.ts';

export const noninterference: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    await reportInterference(run, rule);
    const { notCalled, sampled, judged } = await run.interference();
    for (const name of judged) run.tally.settle(relationNotInModel.id, name);
    for (const routine of notCalled) run.tally.uncalled(routine);
    for (const table of sampled) run.tally.inPart(table);
  },
};
