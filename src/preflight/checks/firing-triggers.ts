import { formatQualified } from '../../sql/ident.ts';
import { ok, warning, type Check } from '../check.ts';
import type { FiringTrigger } from '../facts.ts';
import { known } from '../known.ts';

export const firingTriggers: Check = {
  id: 'firing-triggers',
  looksAt: 'triggers that would fire for every row of a pending backfill',
  // A backfill tells of them itself, before its first batch: by then the triggers of earlier files are there too.
  beforeRun: false,
  judge: ({ work, relations, triggers }) => {
    const { backfills } = known(work);
    if (backfills.length === 0) return ok('No backfill is pending.');
    const tables = known(relations);
    const quieted = new Set(
      backfills.flatMap(({ name, quieted }) =>
        quieted.flatMap(({ relation, trigger }) => {
          const facts = tables.get(relation);
          return facts === undefined ? [] : keyOf({ backfill: name, relation: formatQualified(facts), trigger });
        }),
      ),
    );
    const found = known(triggers).filter((trigger) => !quieted.has(keyOf(trigger)));
    if (found.length === 0) return ok('None fires that the pending files do not keep quiet.');
    return warning(
      found.length === 1
        ? 'A trigger fires for every row that is filled.'
        : `${found.length} triggers fire for every row that is filled.`,
      {
        details: found.map(({ backfill, relation, trigger }) => `${trigger} on ${relation} (${backfill})`),
        advice:
          "Give each a WHEN that asks for current_setting('rowhouse.backfill', true) is distinct from 'on'; where it shall fire, say `-- rowhouse: fires NAME` in the file.",
      },
    );
  },
};

function keyOf({ backfill, relation, trigger }: FiringTrigger): string {
  return JSON.stringify([backfill, relation, trigger]);
}
