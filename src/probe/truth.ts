import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import {
  addFingerprints,
  emptyFingerprint,
  type Fingerprint,
  fingerprintColumns,
  type FingerprintRow,
  parseFingerprint,
  sameFingerprint,
} from './fingerprint.ts';
import type { RunInput, SubjectContext } from './input.ts';
import type { Attempt, ProbeSession } from './session.ts';
import type { Target, TruthSource } from './target.ts';

/** What a target really holds, and what each subject should see of it. */
export interface Truth {
  readonly total: Fingerprint;
  readonly shared: Fingerprint;
  readonly expected: ReadonlyMap<string, Fingerprint>;
}

/**
 * `from` and `where` of the rows that satisfy `predicate`. The first mention of `$1` makes it text,
 * and gives a predicate that does not depend on the subject a parameter all the same.
 */
export function truthRows(truth: TruthSource, predicate: string): string {
  return `from ${quoteQualified(truth.from)} t where $1::pg_catalog.text is not null and (${predicate})`;
}

/** What the subject may see: everything that is not foreign to it. */
export function expectedPredicate(truth: TruthSource): string {
  return `not (${truth.foreign})`;
}

/**
 * Reads the truth about one target for all subjects, as the truth role.
 * Where the owner is a column and the subjects are tenants, one scan serves all of them; otherwise one scan a subject.
 */
export async function readTruth(
  session: ProbeSession,
  target: Target,
  subjects: readonly string[],
  { contextOf, membership }: Pick<RunInput, 'contextOf' | 'membership'>,
): Promise<Attempt<Truth>> {
  const grouped = membership ? null : await readGroups(session, target);
  if (grouped && !grouped.ok) return grouped;
  const direct = (subject: string) => readExpected(session, target, subject, contextOf);

  const expected = new Map<string, Fingerprint>();
  const fromGroups = grouped ? await confirmed(grouped.value, subjects, direct) : null;
  if (fromGroups && !fromGroups.ok) return fromGroups;
  for (const subject of subjects) {
    const known = fromGroups?.value?.(subject);
    const result: Attempt<Fingerprint> = known ? { ok: true, value: known } : await direct(subject);
    if (!result.ok) return result;
    expected.set(subject, result.value);
  }
  const totals = grouped ? { ok: true as const, value: sumOf(grouped.value) } : await readTotals(session, target);
  return totals.ok ? { ok: true, value: { ...totals.value, expected } } : totals;
}

interface OwnerGroup {
  readonly owner: string | null;
  readonly shared: boolean;
  readonly fingerprint: Fingerprint;
}

/** One scan by owner. */
async function readGroups(session: ProbeSession, target: Target): Promise<Attempt<OwnerGroup[]> | null> {
  const { truth } = target;
  if (truth.tenantColumn === null || truth.contextual) return null;
  const result = await session.truth<FingerprintRow & { owner: string | null; shared: boolean }>(
    `select t.${quoteIdent(truth.tenantColumn)}::pg_catalog.text as owner, (${truth.shared}) as shared,
       ${fingerprintColumns(target.hash)}
     from ${quoteQualified(truth.from)} t group by 1, 2`,
  );
  if (!result.ok) return result;
  return {
    ok: true,
    value: result.value.map((row) => ({ owner: row.owner, shared: row.shared, fingerprint: parseFingerprint(row) })),
  };
}

/**
 * The sums of the groups, if they agree with the predicate itself for the first subject that owns rows:
 * equality of texts must not decide where equality of types was meant.
 */
async function confirmed(
  groups: readonly OwnerGroup[],
  subjects: readonly string[],
  direct: (subject: string) => Promise<Attempt<Fingerprint>>,
): Promise<Attempt<((subject: string) => Fingerprint) | null>> {
  const of = expectedFrom(groups);
  const owners = new Set(groups.filter((group) => !group.shared).map((group) => group.owner));
  const sample = subjects.find((subject) => owners.has(subject)) ?? subjects[0];
  if (sample === undefined) return { ok: true, value: of };
  const asked = await direct(sample);
  if (!asked.ok) return asked;
  return { ok: true, value: sameFingerprint(asked.value, of(sample)) ? of : null };
}

function expectedFrom(groups: readonly OwnerGroup[]): (subject: string) => Fingerprint {
  const sharedTotal = groups.filter((group) => group.shared).reduce(sum, emptyFingerprint);
  const owned = new Map<string | null, Fingerprint>();
  for (const group of groups) {
    if (group.shared) continue;
    owned.set(group.owner, sum(owned.get(group.owner) ?? emptyFingerprint, group));
  }
  return (subject) => addFingerprints(sharedTotal, owned.get(subject) ?? emptyFingerprint);
}

function sumOf(groups: readonly OwnerGroup[]): { readonly total: Fingerprint; readonly shared: Fingerprint } {
  return {
    total: groups.reduce(sum, emptyFingerprint),
    shared: groups.filter((group) => group.shared).reduce(sum, emptyFingerprint),
  };
}

function sum(into: Fingerprint, group: OwnerGroup): Fingerprint {
  return addFingerprints(into, group.fingerprint);
}

async function readTotals(
  session: ProbeSession,
  target: Target,
): Promise<Attempt<{ readonly total: Fingerprint; readonly shared: Fingerprint }>> {
  const result = await session.truth<FingerprintRow & { shared: boolean }>(
    `select (${target.truth.shared}) as shared, ${fingerprintColumns(target.hash)}
     from ${quoteQualified(target.truth.from)} t group by 1`,
  );
  if (!result.ok) return result;
  const groups = result.value.map((row) => ({ owner: null, shared: row.shared, fingerprint: parseFingerprint(row) }));
  return { ok: true, value: sumOf(groups) };
}

async function readExpected(
  session: ProbeSession,
  target: Target,
  subject: string,
  contextOf: SubjectContext,
): Promise<Attempt<Fingerprint>> {
  const { truth } = target;
  const result = await session.truth<FingerprintRow>(
    `select ${fingerprintColumns(target.hash)} ${truthRows(truth, expectedPredicate(truth))}`,
    [subject],
    truth.contextual ? contextOf(subject) : {},
  );
  return result.ok ? { ok: true, value: parseFingerprint(result.value[0]) } : result;
}
