import { noninterference as rule } from '../../domain/rules/noninterference.ts';
import { reportInterference } from '../noninterference/report.ts';
import type { Probe } from '../probe.ts';
import { relationNotInModel } from './relation-not-in-model.ts';

export const noninterference: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    await reportInterference(run, rule);
    for (const { target, reached, told } of await run.oracles()) {
      run.tally.check(reached);
      const [first] = told;
      if (first === undefined) continue;
      const observed = {
        object: target.name,
        message: `what comes of a write of ${run.noun} ${first.subject} on its own rows of ${target.name} depends on rows of other ${run.noun}s, as by: ${first.statement}`,
        evidence: { role: run.session.appRole, told },
      };
      run.tally.find(rule, observed, 'writes');
    }
    const { notCalled, sampled, judged } = await run.interference();
    for (const name of judged) run.tally.settle(relationNotInModel.id, name);
    for (const routine of notCalled) run.tally.uncalled(routine);
    for (const table of sampled) run.tally.inPart(table);
  },
};
