import { formatQualified, quoteQualified, quoteWritten } from '../../sql/ident.ts';
import { ok, warning, type Check } from '../check.ts';
import { known } from '../known.ts';

export const invalidIndexes: Check = {
  id: 'invalid-indexes',
  looksAt: 'indexes that a failed build has left: writes pay for them, and no query may use them',
  beforeRun: false,
  judge: (facts) => {
    const { builds } = known(facts.work);
    const left = known(facts.invalidIndexes).filter(({ building }) => !building);
    if (left.length === 0) return ok('There are none.');
    const ours = left.filter(({ table, name }) =>
      builds.some(
        ({ relation, index }) =>
          index === name &&
          (relation === quoteQualified(table) || relation === quoteWritten({ ...table, schema: null })),
      ),
    );
    const others = left.filter((index) => !ours.includes(index));
    if (others.length === 0) {
      return ok(
        `The pending files build ${ours.map(formatQualified).join(', ')} again, which an earlier run has left.`,
      );
    }
    return warning(others.length === 1 ? 'An INVALID index is left.' : `${others.length} INVALID indexes are left.`, {
      details: others.map((index) => `${formatQualified(index)} on ${formatQualified(index.table)}`),
      advice: 'Drop them, or build them again.',
      sql: others.map((index) => `drop index concurrently ${quoteQualified(index)};`),
    });
  },
};
