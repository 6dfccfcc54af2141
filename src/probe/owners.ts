import { addFingerprints, emptyFingerprint, type Fingerprint, wrapped } from './fingerprint.ts';
import { orderOf } from './id-types.ts';
import { type Measure, sharedWeight, sharingOwners } from './measure.ts';
import { type OwnerGroups, readGroups } from './owner-groups.ts';
import { hasSeveralOwners, ownerSource, sampleOwner } from './owner-source.ts';
import type { Owning } from './owning.ts';
import type { Attempt, ProbeSession } from './session.ts';
import type { Target } from './target.ts';

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
  /** Whose rows the shared ones are; null where those have others too, or are many. */
  readonly sharing: readonly SharingOwner[] | null;
  /** Whether there are rows without an owner. */
  readonly ownerless: boolean;
  /** The owners that have most rows and fewest, of those that have rows of their own. */
  readonly extremes: readonly string[];
  /** The first and the last of all owners in the order of their type; null where that has none, or there are no owners. */
  readonly ends: Ends | null;
}

export interface Ends {
  readonly least: string;
  readonly greatest: string;
}

/** Null where one scan cannot tell what each subject should see. */
export async function readOwners(
  session: ProbeSession,
  target: Target,
  measure: Measure,
  owning: Owning,
): Promise<Attempt<Owners | null>> {
  const source = ownerSource(target, owning);
  if (source === null) return { ok: true, value: null };
  const sample = await sampleOwner(session, target, null);
  if (!sample.ok) return sample;
  const tried = owning.subjectOf(sample.value);
  const groups = await readGroups(session, target, measure, source, tried);
  if (!groups.ok) return hasSeveralOwners(groups.failure) ? { ok: true, value: null } : groups;
  // Equality of texts must not decide where equality of types was meant, nor a column where the model has more to say.
  const agreed = tried === null || agrees(groups.value, owning, tried);
  return { ok: true, value: agreed ? ownersOf(groups.value, measure, owning) : null };
}

/** Whether the owners tell which rows this subject should see, as the model does. */
function agrees({ owners, users, shared, rows, visible }: OwnerGroups, owning: Owning, subject: string): boolean {
  return owners.every((owner, index) => {
    const sees = shared[index] === true || owning.owns(subject, owner) || users?.[index] === subject;
    return visible[index] === (sees ? rows[index] : 0);
  });
}

function ownersOf(groups: OwnerGroups, { by, idType }: Measure, owning: Owning): Owners {
  const { total, shared, owned, personal } = sumsOf(groups, owning);
  const sharing = sharingOf(groups);
  const sharedBy = new Map(sharing?.map(({ owner, rows }) => [owner, rows]));
  return {
    total,
    shared,
    expected: (subject) => {
      let own = personal.get(subject) ?? emptyFingerprint;
      for (const place of owning.placesOf(subject)) own = addFingerprints(own, owned(place));
      if (by === 'identity') return { whole: addFingerprints(shared, own), apart: own };
      const { rows } = own;
      // Who shares its rows owns them as well.
      const mine = rows + (sharedBy.get(subject) ?? 0n);
      const whole = { rows: shared.rows + rows, hash: wrapped(mine + sharedWeight * shared.rows) };
      return { whole, apart: { rows, hash: rows } };
    },
    sharing,
    ownerless: groups.owners.includes(null),
    extremes: extremesOf(groups),
    ends: idType && endsOf(groups, orderOf(idType)),
  };
}

interface Sums {
  readonly total: Fingerprint;
  readonly shared: Fingerprint;
  /** The rows that are not shared of the owner at a place. */
  readonly owned: (place: number) => Fingerprint;
  /** Rows that are users' own, and no tenant's of theirs. */
  readonly personal: ReadonlyMap<string, Fingerprint>;
}

/** Two numbers an owner, however long its id. */
function sumsOf({ owners, users, shared, rows, hashes }: OwnerGroups, owning: Owning): Sums {
  const owned = new Sum(owning.size, hashes !== null);
  const all = new Sum(2, hashes !== null);
  const personal = new Map<string, Fingerprint>();
  for (const [index, owner] of owners.entries()) {
    const count = rows[index] ?? 0;
    const hash = hashes?.[index] ?? 0;
    all.add(shared[index] === true ? 1 : 0, count, hash);
    if (shared[index] === true) continue;
    const place = owner === null ? undefined : owning.placeOf(owner);
    if (place !== undefined) owned.add(place, count, hash);
    const user = users?.[index] ?? null;
    if (user === null || owning.owns(user, owner)) continue;
    const group = { rows: BigInt(count), hash: wrapped(BigInt(hash)) };
    personal.set(user, addFingerprints(personal.get(user) ?? emptyFingerprint, group));
  }
  const [rest, common] = [all.at(0), all.at(1)];
  return { total: addFingerprints(rest, common), shared: common, owned: (place) => owned.at(place), personal };
}

class Sum {
  readonly #rows: Float64Array;
  /** The sums of hashes wrap around by themselves. */
  readonly #hashes: BigInt64Array;

  constructor(size: number, hashed: boolean) {
    this.#rows = new Float64Array(size);
    this.#hashes = new BigInt64Array(hashed ? size : 0);
  }

  add(place: number, rows: number, hash: string | number): void {
    this.#rows[place] = (this.#rows[place] ?? 0) + rows;
    const sum = this.#hashes[place];
    if (sum !== undefined) this.#hashes[place] = sum + BigInt(hash);
  }

  at(place: number): Fingerprint {
    return { rows: BigInt(this.#rows[place] ?? 0), hash: this.#hashes[place] ?? 0n };
  }
}

function sharingOf({ owners, shared, rows }: OwnerGroups): readonly SharingOwner[] | null {
  const sharing = new Map<string | null, number>();
  for (const [index, owner] of owners.entries()) {
    if (shared[index] !== true) continue;
    sharing.set(owner, (sharing.get(owner) ?? 0) + (rows[index] ?? 0));
    if (sharing.size > sharingOwners) return null;
  }
  const hasOthers = owners.some((owner, index) => shared[index] !== true && sharing.has(owner));
  return hasOthers ? null : [...sharing].map(([owner, count]) => ({ owner, rows: BigInt(count) }));
}

function endsOf({ owners }: OwnerGroups, compare: (a: string, b: string) => number): Ends | null {
  let [least, greatest]: (string | undefined)[] = [];
  for (const owner of owners) {
    if (owner === null) continue;
    if (least === undefined || compare(owner, least) < 0) least = owner;
    if (greatest === undefined || compare(owner, greatest) > 0) greatest = owner;
  }
  return least === undefined || greatest === undefined ? null : { least, greatest };
}

function extremesOf({ owners, shared, rows }: OwnerGroups): readonly string[] {
  let most = -1;
  let fewest = -1;
  for (const [index, owner] of owners.entries()) {
    if (owner === null || shared[index] === true) continue;
    if (most < 0 || (rows[index] ?? 0) > (rows[most] ?? 0)) most = index;
    if (fewest < 0 || (rows[index] ?? 0) < (rows[fewest] ?? 0)) fewest = index;
  }
  return [owners[most], owners[fewest]].filter((owner) => typeof owner === 'string');
}
