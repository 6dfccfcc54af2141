import { policyHidesOwn as rule } from '../../domain/rules/policy-hides-own.ts';
import type { Probe } from '../probe.ts';
import type { Mismatch } from '../judge.ts';
import { plural, quoteRow } from '../wording.ts';

/** Each subject must see all of its own rows, and those that are shared with it. */
export const policyHidesOwn: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    for (const { target, misses } of await run.visibility()) {
      const [worst] = misses.kept;
      if (!worst) continue;
      run.tally.find(policyHidesOwn, {
        object: target.name,
        message: message(run.noun, worst, misses.count),
        evidence: { role: run.session.appRole, count: misses.count, subjects: misses.kept.map(evidenceOf) },
      });
    }
  },
};

function message(noun: string, { subject, difference, visible, expected }: Mismatch, affected: number): string {
  const missing = difference?.missing;
  const count = missing ? missing.count : Number(expected.rows - visible.rows);
  const named = missing?.rows.slice(0, 3).map(quoteRow).join(', ');
  const others = affected > 1 ? `; so ${affected === 2 ? 'does' : 'do'} ${plural(affected - 1, `other ${noun}`)}` : '';
  const least = missing?.exact === false ? 'at least ' : '';
  const what =
    expected.rows === 1n ? 'the only row' : `${least}${count} of the ${plural(Number(expected.rows), 'row')}`;
  return `${noun} ${subject} misses ${what} that it should see${named ? `: ${named}` : ''}${others}`;
}

function evidenceOf({ subject, visible, expected, difference }: Mismatch): Record<string, unknown> {
  return {
    subject,
    visible: Number(visible.rows),
    expected: Number(expected.rows),
    ...(difference && {
      missing: difference.missing.count,
      exact: difference.missing.exact,
      rows: difference.missing.rows,
    }),
  };
}
