import { RowhouseError } from '../domain/errors.ts';
import type { Sampled } from '../domain/report.ts';
import { chooseSample, readWeights } from '../probe/sample.ts';
import type { ProbeSession } from '../probe/session.ts';
import type { Target } from '../probe/target.ts';

/** Which subjects are looked at. */
export interface Wanted {
  readonly tenants: 'all' | number | readonly string[];
  /** Another seed chooses another sample. */
  readonly seed: number;
  /** Belongs to every sample. */
  readonly platform: string | null;
}

/** The same subjects for all app roles: what the first may reach tells who has many rows. */
export class SubjectChoice {
  #sample: readonly string[] | undefined;

  constructor(
    private readonly all: readonly string[],
    private readonly wanted: Wanted,
  ) {}

  async of(session: ProbeSession, targets: readonly Target[]): Promise<readonly string[]> {
    const { all } = this;
    const { tenants, seed, platform } = this.wanted;
    if (tenants === 'all' || (typeof tenants === 'number' && tenants >= all.length)) return all;
    if (typeof tenants !== 'number') return namedSubjects(all, tenants);
    this.#sample ??= chooseSample(all, tenants, await readWeights(session, targets, seed), { platform, seed });
    return this.#sample;
  }

  /** Null where all were looked at, or those that were named. */
  get sampled(): Sampled | null {
    return this.#sample === undefined ? null : { of: this.all.length, seed: this.wanted.seed };
  }
}

/** All subjects, or those that were asked for, each of which there must be. A number is for the caller to choose. */
export function namedSubjects(all: readonly string[], wanted: readonly string[]): readonly string[] {
  const known = new Set(all);
  const unknown = wanted.find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new RowhouseError('usage', 'unknown-tenant', `The database has no tenant ${unknown}.`, {
      hint: 'Give ids as the tenants table holds them.',
    });
  }
  return [...new Set(wanted)];
}
