import { formatDuration } from '../../domain/duration.ts';
import { formatWritten } from '../../sql/ident.ts';
import { ok, unknown, type Check } from '../check.ts';
import type { RelationFacts } from '../facts.ts';
import { known } from '../known.ts';

/** Rows a second of one worker where nothing was timed yet: the lower end of what was measured (docs/adr, "Backfills"). */
const assumedRate = 20_000;

export const duration: Check = {
  id: 'duration',
  looksAt: 'how many rows pending backfills will fill, and how long that will take',
  beforeRun: false,
  judge: ({ work, relations, rates }) => {
    const { files, backfills } = known(work);
    const pending = `${files.length} file${files.length === 1 ? ' is' : 's are'} pending`;
    if (backfills.length === 0)
      return ok(files.length === 0 ? 'Nothing is pending.' : `${pending}, none of them a backfill.`);
    const tables = known(relations);
    const lines = backfills.map(({ name, relation }) => {
      const rows = tables.get(relation)?.rows ?? null;
      const rate = rates.get(name) ?? null;
      const seconds = rows === null ? null : rows / (rate ?? assumedRate);
      const line = `${formatWritten(relation)}: ${size(tables.get(relation))}${time(seconds, rate)} (${name})`;
      return { seconds, rate, line };
    });
    const details = lines.toSorted((a, b) => (b.seconds ?? Infinity) - (a.seconds ?? Infinity)).map(({ line }) => line);
    const total = lines.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
    if (lines.some(({ seconds }) => seconds === null)) {
      return unknown(`${pending}, and of some tables that they fill nobody knows how many rows they have.`, {
        details,
      });
    }
    const assumed = lines.some(({ rate }) => rate === null);
    return ok(`${pending}; the backfills take about ${formatDuration(total * 1000)} with one worker.`, {
      details,
      ...(assumed && {
        advice: `Assumed are ${assumedRate.toLocaleString('en')} rows a second where nothing is measured; the first batches measure it, and so does --measure as soon as the column is there.`,
      }),
    });
  },
};

function size(facts: RelationFacts | undefined): string {
  if (facts === undefined) return 'it is not there yet';
  if (facts.rows === null) return 'never analyzed: ANALYZE it';
  return `${Math.round(facts.rows).toLocaleString('en')} rows`;
}

function time(seconds: number | null, rate: number | null): string {
  if (seconds === null) return '';
  const measured = rate === null ? '' : `, at ${Math.round(rate).toLocaleString('en')} rows/s as measured`;
  return `, about ${formatDuration(seconds * 1000)}${measured}`;
}
