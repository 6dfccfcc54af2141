import { policyFailsOpen as rule } from '../../domain/rules/policy-fails-open.ts';
import type { SeenWithout } from '../contextless.ts';
import type { Probe } from '../probe.ts';
import { plural, quoteRow } from '../wording.ts';
import { observeWritesWithoutContext } from '../write/without-context.ts';

/** Without a context, or with one that names nobody, no row may be visible; an error is as good. */
export const policyFailsOpen: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    for (const { target, closed, seen: all, obstacles } of await run.contextless()) {
      run.tally.check(closed + all.length);
      for (const obstacle of obstacles) run.tally.inconclusive(policyFailsOpen.id, target.name, obstacle);
      // A preset context is a fault of its own.
      const seen = all.filter(({ preset }) => preset === null);
      const open = seen.filter(({ beyondShared }) => beyondShared !== null);
      const [worst] = open.length > 0 ? open : seen;
      if (!worst) continue;
      run.tally.find(policyFailsOpen, {
        object: target.name,
        severity: open.length > 0 ? 'error' : 'warning',
        message: message(worst),
        evidence: {
          role: run.session.appRole,
          contexts: seen.map(({ label, rows, beyondShared }) => ({
            context: label,
            rows: Number(rows),
            onlyShared: beyondShared === null,
            ...(beyondShared && { examples: beyondShared.surplus.rows }),
          })),
        },
      });
    }
    for (const { target, kept } of await run.afterwards()) {
      const [worst, ...more] = kept.filter(({ next }) => next === null);
      if (!worst) continue;
      run.tally.find(policyFailsOpen, {
        object: target.name,
        message: `a session that worked for ${run.noun} ${worst.before} sees ${plural(Number(worst.rows), 'row')} after its context ${worst.change} to nothing`,
        evidence: {
          role: run.session.appRole,
          kept: [worst, ...more].map((one) => ({ ...one, rows: Number(one.rows) })),
        },
      });
    }
  },
  async runWrites(run) {
    const within = await run.writes();
    for (const { target, reached, written: all, obstacles } of await observeWritesWithoutContext(
      run,
      await run.unsetWrites(),
    )) {
      run.tally.check(reached);
      // What any tenant does to others, no context is needed for: that is one fault, and reported as such.
      const effects = within.find((one) => one.target === target)?.effects ?? [];
      const written = all.filter(({ command }) => !effects.some(({ kind }) => commandOf[kind] === command));
      for (const obstacle of obstacles) run.tally.inconclusive(policyFailsOpen.id, target.name, obstacle);
      const [first] = written;
      if (!first) continue;
      run.tally.find(
        policyFailsOpen,
        {
          object: target.name,
          message: `a session whose context ${first.label} can ${first.command} ${plural(first.rows, 'row')}, as by: ${first.statement}`,
          evidence: { role: run.session.appRole, written },
        },
        'writes',
      );
    }
  },
};

const commandOf = { insert: 'INSERT', update: 'UPDATE', seize: 'UPDATE', move: 'UPDATE', delete: 'DELETE' } as const;

function message({ label, rows, beyondShared }: SeenWithout): string {
  if (beyondShared === null) return `a session whose context ${label} sees ${plural(Number(rows), 'shared row')}`;
  const named = beyondShared.surplus.rows.slice(0, 3).map(quoteRow).join(', ');
  return `a session whose context ${label} sees ${plural(Number(rows), 'row')}: ${named}`;
}
