import type { Intent } from '../intent/relation-intent.ts';
import type { ProbeSession } from './session.ts';

/** Which owners' rows each subject should see, beside the shared ones. The owners have places, so that a table needs one number for each. */
export interface Owning {
  readonly size: number;
  readonly placeOf: (owner: string) => number | undefined;
  readonly placesOf: (subject: string) => readonly number[];
  readonly owns: (subject: string, owner: string | null) => boolean;
  /** Whether a row may be a user's own, beside its tenant's. */
  readonly users: boolean;
  /** A subject that should see rows of this owner, or else some subject. */
  readonly subjectOf: (owner: string | null) => string | null;
}

/** Tenants own their rows themselves. */
export function owningTenants(subjects: readonly string[]): Owning {
  const places = placesIn(subjects);
  return {
    size: subjects.length,
    placeOf: (owner) => places.get(owner),
    placesOf: (subject) => {
      const place = places.get(subject);
      return place === undefined ? [] : [place];
    },
    owns: (subject, owner) => subject === owner,
    users: false,
    subjectOf: (owner) => owner ?? subjects[0] ?? null,
  };
}

/** The same for the same list: all tables are asked for it. */
const known = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

function placesIn(ids: readonly string[]): ReadonlyMap<string, number> {
  const places = known.get(ids) ?? new Map(ids.map((id, place) => [id, place]));
  known.set(ids, places);
  return places;
}

/** Users see the rows of the tenants that they are members of; null where those could not be read. */
export async function owningMembers(
  session: ProbeSession,
  { memberships }: Pick<Intent, 'memberships'>,
  subjects: readonly string[],
): Promise<Owning | null> {
  if (memberships === null) return null;
  const read = await session.truth<{ id: string; tenants: readonly string[] }>(
    `select m.id, pg_catalog.json_agg(m.tenant) as tenants from (${memberships}) m group by m.id`,
  );
  if (!read.ok) return null;
  const users = placesIn(subjects);
  const places = new Map<string, number>();
  const joined = new Map<string, readonly number[]>();
  for (const { id, tenants } of read.value) {
    if (!users.has(id)) continue;
    for (const tenant of tenants) if (!places.has(tenant)) places.set(tenant, places.size);
    joined.set(
      id,
      tenants.flatMap((tenant) => places.get(tenant) ?? []),
    );
  }
  const placesOf = (subject: string): readonly number[] => joined.get(subject) ?? [];
  const owns = (subject: string, owner: string | null): boolean => {
    const place = places.get(owner ?? '');
    return place !== undefined && placesOf(subject).includes(place);
  };
  return {
    size: places.size,
    placeOf: (owner) => places.get(owner),
    placesOf,
    owns,
    users: true,
    subjectOf: (owner) => subjects.find((subject) => owns(subject, owner)) ?? subjects[0] ?? null,
  };
}
