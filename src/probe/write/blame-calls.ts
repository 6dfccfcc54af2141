import { ruleOfRoutine } from '../functions/select.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import { foreignRowWritable } from '../../domain/rules/foreign-row-writable.ts';
import type { Rule } from '../../domain/rule.ts';
import type { ProbeRun } from '../run.ts';
import { plural } from '../wording.ts';
import type { CallEffect } from './called.ts';

/** Reports what calls that the model lists did to rows of others, and what they stored that tells of them. A function with its caller's rights does no more than a statement does. */
export async function reportCalls(run: ProbeRun, rule: Rule): Promise<void> {
  for (const { routine, reached, effects, told, obstacles } of await run.calls()) {
    const cause = ruleOfRoutine(run, routine);
    if ((cause === noninterference ? foreignRowWritable : cause).id !== rule.id) continue;
    const object = routine.signature;
    run.tally.check(reached);
    for (const { subject, reason } of obstacles) {
      run.tally.inconclusive(rule.id, object, `As ${run.noun} ${subject}: ${reason}`);
    }
    const [wrote] = told;
    if (wrote !== undefined) {
      const left = {
        object,
        message: `what ${run.noun} ${wrote.subject} stores in ${wrote.on} by calling ${wrote.call} depends on rows of other ${run.noun}s`,
        evidence: { role: run.session.appRole, told },
      };
      run.tally.find(cause, left, 'stores');
    }
    const [first] = effects.toSorted((a, b) => weight(b) - weight(a));
    if (first === undefined) continue;
    const observed = {
      object,
      message: `${run.noun} ${first.subject} ${deed(run, first)} in ${first.on} by calling ${first.call}`,
      // Whoever wrote the function may have meant it: the model says that such rows are for reading.
      ...(weight(first) === 0 && { severity: 'warning' as const }),
      evidence: { role: run.session.appRole, effects },
    };
    run.tally.find(rule, observed, 'writes');
  }
}

function weight({ foreign, planted }: CallEffect): number {
  return foreign + planted;
}

function deed({ noun }: ProbeRun, { foreign, planted, shared }: CallEffect): string {
  if (foreign > 0) return `changes or deletes ${plural(foreign, 'row')} of other ${noun}s`;
  if (planted > 0) return `stores ${plural(planted, 'row')} of another ${noun}`;
  return `changes or deletes ${plural(shared, 'shared row')} that it may only read`;
}
