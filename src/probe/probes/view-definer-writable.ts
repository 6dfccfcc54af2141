import { nameOf } from '../../catalog/lookup.ts';
import { viewDefinerWritable as rule } from '../../domain/rules/view-definer-writable.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';
import type { Target } from '../target.ts';
import { plural } from '../wording.ts';
import { by, deeds, effectEvidence, effectsOf } from '../write/wording.ts';

/** Nobody may write rows through a view that it may not write in the table behind it. */
export const viewDefinerWritable: Probe = {
  ...rule,
  writes: true,
  async run(run) {
    for (const { target, effects, first } of await effectsOf(run, viewDefinerWritable)) {
      const rows = plural(
        Math.max(...effects.map(({ foreign, shared, planted }) => foreign + shared + planted)),
        'row',
      );
      run.tally.find(viewDefinerWritable, {
        object: target.name,
        message: `${run.noun} ${first.subject} can ${deeds(effects)} ${rows} that are not its own through the view${by(first)}`,
        fix: fixOf(run, target),
        evidence: effectEvidence(run, effects),
      });
    }
  },
};

/** A trigger of the view is code of its own: it writes with its function's rights, whatever the view is. */
function fixOf({ snapshot, session }: ProbeRun, { relation }: Target): string {
  const name = quoteQualified(nameOf(relation));
  const triggered = snapshot.triggers.some(({ tgrelid }) => tgrelid === relation.oid);
  return snapshot.serverVersionNum >= 150000 && !triggered
    ? `alter view ${name} set (security_invoker = true);`
    : `revoke insert, update, delete on ${name} from ${quoteIdent(session.appRole)};`;
}
