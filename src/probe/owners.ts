import { sqlstate } from '../postgres/database-error.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import {
  addFingerprints,
  emptyFingerprint,
  type Fingerprint,
  fingerprintColumns,
  type FingerprintRow,
  parseFingerprint,
} from './fingerprint.ts';
import { idTypeOf } from './id-types.ts';
import { type Measure, sharedWeight } from './measure.ts';
import type { Attempt, Failure, ProbeSession } from './session.ts';
import { expectedPredicate, type Target, type TruthSource } from './target.ts';

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

/** What one scan tells of a table whose rows have one owner each. */
export interface Owners {
  readonly total: Fingerprint;
  readonly shared: Fingerprint;
  readonly expected: (subject: string) => Expected;
  /** Whose rows the shared ones are; null where those have others too. */
  readonly sharing: readonly SharingOwner[] | null;
  /** Whether there are rows without an owner. */
  readonly ownerless: boolean;
  /** The owners that have most rows and fewest, of those that have rows of their own. */
  readonly extremes: readonly string[];
}

/** Null where one scan cannot tell what each subject should see. */
export async function readOwners(
  session: ProbeSession,
  target: Target,
  measure: Measure,
  subjects: readonly string[],
): Promise<Attempt<Owners | null>> {
  const source = ownerSource(target);
  if (source === null) return { ok: true, value: null };
  const sample = await sampleOwner(session, target, null);
  if (!sample.ok) return sample;
  const tried = sample.value ?? subjects[0] ?? null;
  const groups = await readGroups(session, target, measure, source, tried);
  if (!groups.ok) return hasSeveralOwners(groups.failure) ? { ok: true, value: null } : groups;
  // Equality of texts must not decide where equality of types was meant, nor a column where the model has more to say.
  const agreed = groups.value.every(
    ({ owner, shared, fingerprint, visible }) => visible === (shared || owner === tried ? fingerprint.rows : 0n),
  );
  return { ok: true, value: agreed || tried === null ? ownersOf(groups.value, measure) : null };
}

/** How one scan finds the owner of each row. */
interface OwnerSource {
  readonly from: string;
  /** As text. */
  readonly owner: string;
  /** What rows are grouped by: the owner, or an id that is grouped faster than its text. */
  readonly grouped: string;
}

/** Null where rows have several owners, or depend on who looks. */
function ownerSource({ truth }: Target): OwnerSource | null {
  const { from, tenantColumn, tenantType, ownership, contextual } = truth;
  if (contextual) return null;
  const table = `${quoteQualified(from)} t`;
  if (tenantColumn !== null) {
    const column = `t.${quoteIdent(tenantColumn)}`;
    const owner = `${column}::pg_catalog.text collate pg_catalog."C"`;
    // The texts of ids differ where the values do. Texts that a collation calls equal stay apart.
    return { from: table, owner, grouped: idTypeOf(tenantType) ? column : owner };
  }
  if (ownership === null || ownership.by === 'children' || ownership.by === 'schema') return null;
  const owner = 'o.owner collate pg_catalog."C"';
  // A value, and no row: where there are two, nothing is to be counted twice.
  const only = `(select (select o.owner from (${ownership.owners}) o) as owner) o`;
  return { from: `${table} cross join lateral ${only}`, owner, grouped: owner };
}

function hasSeveralOwners({ sqlstate: state }: Failure): boolean {
  return state === sqlstate.cardinalityViolation;
}

/** Somebody who has rows of its own, and is not `except`; null where none is found by the row alone. */
export async function sampleOwner(
  session: ProbeSession,
  target: Target,
  except: string | null,
): Promise<Attempt<string | null>> {
  const source = ownerSource(target);
  if (source === null) return { ok: true, value: null };
  const { from, owner } = source;
  const found = await session.truth<{ owner: string }>(
    `select ${owner} as owner from ${from}
     where ${owner} is not null and ${owner} is distinct from $1::pg_catalog.text and not (${target.truth.shared}) limit 1`,
    [except],
  );
  if (found.ok) return { ok: true, value: found.value[0]?.owner ?? null };
  return hasSeveralOwners(found.failure) ? { ok: true, value: null } : found;
}

interface OwnerGroup {
  readonly owner: string | null;
  readonly shared: boolean;
  readonly fingerprint: Fingerprint;
  /** Rows that the sample should see. */
  readonly visible: bigint;
}

async function readGroups(
  session: ProbeSession,
  { truth, hash }: Target,
  { by }: Measure,
  source: OwnerSource,
  sample: string | null,
): Promise<Attempt<readonly OwnerGroup[]>> {
  const result = await session.truth<FingerprintRow & { owner: string | null; shared: boolean; visible: string }>(
    by === 'owner' && isToldById(truth, source)
      ? byId(truth, source)
      : byRow(truth, source, by === 'owner' ? '0' : hash),
    [sample],
  );
  if (!result.ok) return result;
  return {
    ok: true,
    value: result.value.map((row) => ({
      owner: row.owner,
      shared: row.shared,
      fingerprint: parseFingerprint(row),
      visible: BigInt(row.visible),
    })),
  };
}

/** Whether what the model says of a row depends on its owner's id alone. A word that only looks like the alias is taken for it. */
function isToldById({ shared, foreign }: TruthSource, { owner, grouped }: OwnerSource): boolean {
  return grouped !== owner && !/\bt\b/.test(`${shared} ${foreign}`.replaceAll(grouped, ''));
}

/** Asks the predicates of each owner once. */
function byId(truth: TruthSource, { owner, grouped }: OwnerSource): string {
  const rows = 't."rows of it"';
  return `select ${owner} as owner, (${truth.shared}) as shared, ${rows}::pg_catalog.text as rows,
      '0' as hash, (case when ${expectedPredicate(truth)} then ${rows} else 0 end)::pg_catalog.text as visible
    from (select ${grouped}, pg_catalog.count(*) as "rows of it" from ${quoteQualified(truth.from)} t group by 1) t
    where ${sampleIsText}`;
}

/** Asks the predicates of each row. */
function byRow(truth: TruthSource, { from, owner, grouped }: OwnerSource, hash: string): string {
  return `select ${owner} as owner, (${truth.shared}) as shared, ${fingerprintColumns(hash)},
      (pg_catalog.count(*) filter (where ${expectedPredicate(truth)}))::pg_catalog.text as visible
    from ${from} where ${sampleIsText} group by ${grouped}, 2`;
}

/** The first mention of `$1`, which makes it text; true. */
const sampleIsText = '($1::pg_catalog.text is null) is not null';

function ownersOf(groups: readonly OwnerGroup[], { by }: Measure): Owners {
  const total = sumOf(groups);
  const shared = sumOf(groups.filter((group) => group.shared));
  const owned = new Map<string | null, Fingerprint>();
  const sharing = new Map<string | null, bigint>();
  for (const group of groups) {
    if (group.shared) sharing.set(group.owner, (sharing.get(group.owner) ?? 0n) + group.fingerprint.rows);
    else owned.set(group.owner, addFingerprints(owned.get(group.owner) ?? emptyFingerprint, group.fingerprint));
  }
  const bySize = [...owned].toSorted(([, a], [, b]) => Number(b.rows - a.rows)).map(([owner]) => owner);
  return {
    total,
    shared,
    expected: (subject) => {
      const { rows, hash } = owned.get(subject) ?? emptyFingerprint;
      if (by === 'identity') return { whole: addFingerprints(shared, { rows, hash }), apart: { rows, hash } };
      // Who shares its rows owns them as well.
      const own = rows + (sharing.get(subject) ?? 0n);
      const whole = { rows: shared.rows + rows, hash: own + sharedWeight * shared.rows };
      return { whole, apart: { rows, hash: rows } };
    },
    sharing: [...sharing.keys()].some((owner) => owned.has(owner))
      ? null
      : [...sharing].map(([owner, rows]) => ({ owner, rows })),
    ownerless: owned.has(null) || sharing.has(null),
    extremes: [bySize[0], bySize.at(-1)].filter((owner) => typeof owner === 'string'),
  };
}

function sumOf(groups: readonly OwnerGroup[]): Fingerprint {
  return groups.reduce((sum, { fingerprint }) => addFingerprints(sum, fingerprint), emptyFingerprint);
}
