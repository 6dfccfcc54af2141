import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { type Answer, askBlock } from './block.ts';
import {
  addFingerprints,
  emptyFingerprint,
  type Fingerprint,
  fingerprintColumns,
  type FingerprintRow,
  parseFingerprint,
  sameFingerprint,
} from './fingerprint.ts';
import type { RunInput } from './input.ts';
import type { Attempt, ProbeSession } from './session.ts';
import type { Target, TruthSource } from './target.ts';

/** What a subject should see. */
export interface Expected {
  readonly whole: Fingerprint;
  /** Without what is shared; null where one scan did not tell. */
  readonly apart: Fingerprint | null;
}

/** The owner of shared rows alone, and how many those are. */
export interface SharingOwner {
  readonly owner: string | null;
  readonly rows: bigint;
}

/** What a target really holds, and what each subject should see of it. */
export interface Truth {
  readonly total: Fingerprint;
  readonly shared: Fingerprint;
  /** Whose rows the shared ones are; null where those have others too, or one scan did not tell. */
  readonly sharing: readonly SharingOwner[] | null;
  /** The owners that have most rows and fewest, of those that have rows of their own; none where one scan did not tell. */
  readonly extremes: readonly string[];
  readonly expect: (subjects: readonly string[]) => Promise<Attempt<readonly Expected[]>>;
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
 * Reads the truth about one target, as the truth role.
 * Where the owner is a column and the subjects are tenants, one scan serves all of them; otherwise one scan a subject, when it is asked for.
 */
export async function readTruth(
  session: ProbeSession,
  target: Target,
  subjects: readonly string[],
  run: Pick<RunInput, 'contextOf' | 'membership' | 'limits' | 'timeLimit'>,
): Promise<Attempt<Truth>> {
  const grouped = run.membership ? null : await readGroups(session, target);
  if (grouped && !grouped.ok) return grouped;
  const direct = (chosen: readonly string[]) => readExpected(session, target, chosen, run);
  const confirmed = grouped ? await confirm(grouped.value, subjects, direct) : null;
  if (confirmed && !confirmed.ok) return confirmed;
  const totals = grouped ? { ok: true as const, value: sumOf(grouped.value) } : await readTotals(session, target);
  if (!totals.ok) return totals;
  const owned = confirmed?.value;
  if (!owned) return { ok: true, value: { ...totals.value, sharing: null, extremes: [], expect: direct } };
  return {
    ok: true,
    value: {
      ...totals.value,
      sharing: owned.sharing,
      extremes: owned.extremes,
      expect: (chosen) => Promise.resolve({ ok: true, value: chosen.map(owned.expected) }),
    },
  };
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
  const owner = `t.${quoteIdent(truth.tenantColumn)}`;
  // Their texts differ where the values do. Texts that a collation calls equal stay apart.
  const grouped = /^(uuid|smallint|integer|bigint)$/.test(truth.tenantType ?? '') ? owner : '1';
  const result = await session.truth<FingerprintRow & { owner: string | null; shared: boolean }>(
    `select ${owner}::pg_catalog.text collate pg_catalog."C" as owner, (${truth.shared}) as shared, ${fingerprintColumns(target.hash)}
     from ${quoteQualified(truth.from)} t group by ${grouped}, 2`,
  );
  if (!result.ok) return result;
  return {
    ok: true,
    value: result.value.map((row) => ({ owner: row.owner, shared: row.shared, fingerprint: parseFingerprint(row) })),
  };
}

interface Owned {
  readonly expected: (subject: string) => Expected;
  readonly sharing: Truth['sharing'];
  readonly extremes: Truth['extremes'];
}

/**
 * What the groups say, if they agree with the predicate itself for the first subject that owns rows:
 * equality of texts must not decide where equality of types was meant.
 */
async function confirm(
  groups: readonly OwnerGroup[],
  subjects: readonly string[],
  direct: (subjects: readonly string[]) => Promise<Attempt<readonly Expected[]>>,
): Promise<Attempt<Owned | null>> {
  const of = ownedBy(groups);
  const owners = new Set(groups.filter((group) => !group.shared).map((group) => group.owner));
  const sample = subjects.find((subject) => owners.has(subject)) ?? subjects[0];
  if (sample === undefined) return { ok: true, value: of };
  const asked = await direct([sample]);
  if (!asked.ok) return asked;
  const agreed = asked.value.every(({ whole }) => sameFingerprint(whole, of.expected(sample).whole));
  return { ok: true, value: agreed ? of : null };
}

function ownedBy(groups: readonly OwnerGroup[]): Owned {
  const sharedTotal = groups.filter((group) => group.shared).reduce(sum, emptyFingerprint);
  const owned = new Map<string | null, Fingerprint>();
  const sharing = new Map<string | null, bigint>();
  for (const { owner, shared, fingerprint } of groups) {
    if (shared) sharing.set(owner, (sharing.get(owner) ?? 0n) + fingerprint.rows);
    else owned.set(owner, addFingerprints(owned.get(owner) ?? emptyFingerprint, fingerprint));
  }
  const bySize = [...owned].toSorted(([, a], [, b]) => Number(b.rows - a.rows)).map(([owner]) => owner);
  return {
    expected: (subject) => {
      const apart = owned.get(subject) ?? emptyFingerprint;
      return { whole: addFingerprints(sharedTotal, apart), apart };
    },
    sharing: [...sharing.keys()].some((owner) => owned.has(owner))
      ? null
      : [...sharing].map(([owner, rows]) => ({ owner, rows })),
    extremes: [bySize[0], bySize.at(-1)].filter((owner) => typeof owner === 'string'),
  };
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
  { truth, hash }: Target,
  subjects: readonly string[],
  { contextOf, limits, timeLimit }: Pick<RunInput, 'contextOf' | 'limits' | 'timeLimit'>,
): Promise<Attempt<readonly Expected[]>> {
  const question = {
    as: 'truth' as const,
    select: `select pg_catalog.count(*), coalesce(pg_catalog.sum(${hash}), 0), 0::pg_catalog.int8
      ${truthRows(truth, expectedPredicate(truth))}`,
    planner: {},
  };
  const asked = subjects.map((subject) => ({ subject, settings: truth.contextual ? contextOf(subject) : {} }));
  const timeoutMs = timeLimit.statementMs(limits.statementTimeoutMs);
  const answers = await askBlock(session, question, asked, { guarded: false, timeoutMs });
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
