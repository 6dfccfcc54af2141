import { policyLooseMatch as rule } from '../../domain/rules/policy-loose-match.ts';
import { observeLoose } from '../contextless.ts';
import type { Probe } from '../probe.ts';
import { plural, quoteRow } from '../wording.ts';

/** A context that is nearly a tenant's id is nobody's, and may show no row beyond the shared ones. */
export const policyLooseMatch: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    const contextless = await run.contextless();
    const open = new Set(contextless.filter(({ seen }) => seen.length > 0).map(({ target }) => target));
    for (const { target, closed, seen, obstacles } of await observeLoose(run)) {
      run.tally.check(closed + seen.length);
      for (const obstacle of obstacles) run.tally.inconclusive(rule.id, target.name, obstacle);
      const [worst] = seen;
      // What any context shows is no matter of how it is compared.
      if (!worst || open.has(target)) continue;
      const named = worst.beyondShared?.surplus.rows.slice(0, 3).map(quoteRow).join(', ') ?? '';
      run.tally.find(policyLooseMatch, {
        object: target.name,
        message: `a session whose context ${worst.label} sees ${plural(Number(worst.rows), 'row')}: ${named}`,
        evidence: {
          role: run.session.appRole,
          contexts: seen.map(({ label, rows, beyondShared }) => ({
            context: label,
            rows: Number(rows),
            examples: beyondShared?.surplus.rows ?? [],
          })),
        },
      });
    }
  },
};
