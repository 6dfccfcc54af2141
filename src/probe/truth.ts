import { quoteQualified } from '../sql/ident.ts';
import { type Answer, askBlock } from './block.ts';
import {
  addFingerprints,
  type Fingerprint,
  fingerprintColumns,
  type FingerprintRow,
  parseFingerprint,
} from './fingerprint.ts';
import type { RunInput } from './input.ts';
import { identityMeasure, type Measure, ownerMeasure, withShared } from './measure.ts';
import { type Ends, type Expected, type Owners, readOwners, type SharingOwner } from './owners.ts';
import type { Owning } from './owning.ts';
import type { Attempt, ProbeSession } from './session.ts';
import { expectedPredicate, type Target, type TruthSource } from './target.ts';

/** What a target really holds, and what each subject should see of it. */
export interface Truth {
  /** By which everything here was counted, and what is seen has to be. */
  readonly measure: Measure;
  readonly total: Fingerprint;
  readonly shared: Fingerprint;
  /** What a subject would see that nothing is hidden from. */
  readonly unwalled: (subject: string) => Fingerprint;
  /** Whose rows the shared ones are; null where those have others too, or one scan did not tell. */
  readonly sharing: readonly SharingOwner[] | null;
  /** Whether there may be rows without an owner. */
  readonly ownerless: boolean;
  /** The owners that have most rows and fewest, of those that have rows of their own; none where one scan did not tell. */
  readonly extremes: readonly string[];
  /** The first and the last of all owners; null where one scan did not tell, or their type has no order. */
  readonly ends: Ends | null;
  readonly expect: (subjects: readonly string[]) => Promise<Attempt<readonly Expected[]>>;
}

/**
 * `from` and `where` of the rows that satisfy `predicate`. The first mention of `$1` makes it text,
 * and gives a predicate that does not depend on the subject a parameter all the same.
 */
export function truthRows(truth: TruthSource, predicate: string): string {
  return `from ${quoteQualified(truth.from)} t where $1::pg_catalog.text is not null and (${predicate})`;
}

type TruthInput = Pick<RunInput, 'contextOf' | 'membership' | 'limits' | 'timeLimit'>;

/**
 * Reads the truth about one target, as the truth role.
 * Where the owners of its rows tell who should see them, one scan serves all subjects; otherwise one scan a subject, when it is asked for.
 */
export async function readTruth(
  session: ProbeSession,
  target: Target,
  subjects: readonly string[],
  owning: Owning | null,
  run: TruthInput,
): Promise<Attempt<Truth>> {
  const measure = identityMeasure(target);
  for (const candidate of run.membership ? [measure] : [ownerMeasure(target, subjects), measure]) {
    if (candidate === null || owning === null) continue;
    const owners = await readOwners(session, target, candidate, owning);
    if (!owners.ok) return owners;
    const told = owners.value && measureOf(candidate, owners.value);
    if (owners.value && told) return { ok: true, value: truthBy(told, owners.value) };
  }
  const totals = await readTotals(session, target);
  if (!totals.ok) return totals;
  const expect = (chosen: readonly string[]) => readExpected(session, target, measure, chosen, run);
  const unwalled = () => totals.value.total;
  return {
    ok: true,
    value: { measure, ...totals.value, unwalled, sharing: null, ownerless: true, extremes: [], ends: null, expect },
  };
}

/** An owner of whose rows some are shared has a number that says nothing of which those are. */
function measureOf(measure: Measure, { sharing }: Owners): Measure | null {
  if (measure.by === 'identity') return measure;
  return (
    sharing &&
    withShared(
      measure,
      sharing.map(({ owner }) => owner),
    )
  );
}

function truthBy(measure: Measure, { expected, ...owners }: Owners): Truth {
  const { total } = owners;
  return {
    measure,
    ...owners,
    unwalled: (subject) => (measure.by === 'owner' ? { rows: total.rows, hash: expected(subject).whole.hash } : total),
    expect: (chosen) => Promise.resolve({ ok: true, value: chosen.map(expected) }),
  };
}

/** All rows and the shared ones, by identity. */
export async function readTotals(
  session: ProbeSession,
  target: Target,
): Promise<Attempt<{ readonly total: Fingerprint; readonly shared: Fingerprint }>> {
  const result = await session.truth<FingerprintRow & { shared: boolean }>(
    `select (${target.truth.shared}) as shared, ${fingerprintColumns(target.hash)}
     from ${quoteQualified(target.truth.from)} t group by 1`,
  );
  if (!result.ok) return result;
  const of = (shared: boolean) => parseFingerprint(result.value.find((row) => row.shared === shared));
  return { ok: true, value: { total: addFingerprints(of(true), of(false)), shared: of(true) } };
}

async function readExpected(
  session: ProbeSession,
  { truth }: Target,
  { sum }: Measure,
  subjects: readonly string[],
  { contextOf, limits, timeLimit }: Pick<RunInput, 'contextOf' | 'limits' | 'timeLimit'>,
): Promise<Attempt<readonly Expected[]>> {
  const question = {
    as: 'truth' as const,
    select: `select pg_catalog.count(*), ${sum}, 0::pg_catalog.int8
      ${truthRows(truth, expectedPredicate(truth))}`,
    planner: {},
  };
  const asked = subjects.map((subject) => ({ subject, settings: truth.contextual ? contextOf(subject) : {} }));
  const timeoutMs = timeLimit.statementMs(limits.statementTimeoutMs);
  const answers = await askBlock(session, [question], asked, { guarded: false, timeoutMs });
  if (!answers.ok) return answers;
  const expected: Expected[] = [];
  for (const answer of answers.value) {
    if (!answer.ok) return answer;
    expected.push({ whole: wholeOf(answer.value), apart: null });
  }
  return { ok: true, value: expected };
}

function wholeOf({ rows, hash }: Answer): Fingerprint {
  return { rows, hash };
}
