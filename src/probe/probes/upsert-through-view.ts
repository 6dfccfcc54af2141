import { upsertThroughView as rule } from '../../domain/rules/upsert-through-view.ts';
import { nameOf } from '../../catalog/lookup.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { Probe } from '../probe.ts';

/** ON CONFLICT through a view may not reach a row that the view leaves out. */
export const upsertThroughView: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, effects, keys } of await run.writes()) {
      if (target.relation.relkind !== 'v') continue;
      const wrote = keys.effects.filter(({ did }) => did === 'wrote');
      const [first] = wrote;
      // Where a plain UPDATE through the view reaches such rows, that is the finding.
      if (!first || effects.some(({ foreign }) => foreign > 0)) continue;
      run.tally.find(upsertThroughView, {
        object: target.name,
        message: `${run.noun} ${first.subject} can overwrite a row of another ${run.noun} by its ${first.columns.join(', ')}, as by: ${first.statement}`,
        fix: `revoke update on ${quoteQualified(nameOf(target.relation))} from ${quoteIdent(run.session.appRole)};`,
        evidence: { role: run.session.appRole, effects: wrote },
      });
    }
  },
};
