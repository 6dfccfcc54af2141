import type { ProbeRun } from '../run.ts';
import { plural } from '../wording.ts';
import type { ProbeRule } from '../rule.ts';
import type { Collateral } from './collateral.ts';

/** Reports what triggers, or rules, did to rows of others; what a bare statement does too is no fault of theirs. */
export async function reportCollateral(run: ProbeRun, rule: ProbeRule, by: 'triggers' | 'rules'): Promise<void> {
  const bare = await run.writes();
  for (const { target, reached, effects, obstacles } of await run.collateral()) {
    const ruled = run.snapshot.rules.some(({ ev_class: on }) => on === target.relation.oid);
    if (ruled !== (by === 'rules')) continue;
    run.tally.check(reached);
    for (const { subject, reason } of obstacles) {
      run.tally.inconclusive(rule.id, target.name, `As ${run.noun} ${subject}: ${reason}`);
    }
    const own = bare.find((one) => one.target === target)?.effects ?? [];
    const theirs = effects.filter(({ on, planted, foreign }) => {
      if (on !== target.name) return true;
      return (
        (planted > 0 && !own.some((one) => one.planted > 0)) || (foreign > 0 && !own.some((one) => one.foreign > 0))
      );
    });
    const [first] = theirs;
    if (!first) continue;
    run.tally.find(rule, {
      object: target.name,
      message: `${run.noun} ${first.subject} ${deed(run, first)} in ${first.on} through ${by} of ${target.name}, as by: ${first.statement}`,
      evidence: { role: run.session.appRole, [by]: namesOf(run, target.relation.oid, by), effects: theirs },
    });
  }
}

function deed({ noun }: ProbeRun, { planted, foreign }: Collateral): string {
  return planted > 0
    ? `stores ${plural(planted, 'row')} of another ${noun}`
    : `changes or deletes ${plural(foreign, 'row')} of another ${noun}`;
}

function namesOf({ snapshot }: ProbeRun, oid: number, by: 'triggers' | 'rules'): readonly string[] {
  return by === 'rules'
    ? snapshot.rules.filter(({ ev_class: on }) => on === oid).map(({ rulename }) => rulename)
    : snapshot.triggers.filter(({ tgrelid }) => tgrelid === oid).map(({ tgname }) => tgname);
}
