import { isBarrier, isInvoker } from '../access/view-path.ts';
import { relationsByOid } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import type { LintInput } from './input.ts';
import { filterOf, type Filter } from './view-filter.ts';
import { isWalled } from './walls.ts';

/** A relation with rows of several tenants that a view reads where no policy keeps them apart. */
export interface Exposure {
  readonly relation: Relation;
  /** The role whose rights count there. */
  readonly as: string;
  /** The views on the way, the outermost first. */
  readonly through: readonly Relation[];
  readonly filter: Filter;
  /** Whether a view that filters is a security barrier. */
  readonly barrier: boolean;
}

/** A query is asked by the app role in its context; a materialized view was refreshed by its owner in any. */
type Reading = 'asked' | 'refreshed';

const known = new WeakMap<LintInput, Map<string, readonly Exposure[]>>();

/** What a view, or a materialized one, exposes; of several ways to a relation the worst. */
export function exposuresOf(
  input: LintInput,
  view: Relation,
  reading: Reading = view.relkind === 'm' ? 'refreshed' : 'asked',
): readonly Exposure[] {
  const computed = known.get(input) ?? new Map<string, readonly Exposure[]>();
  known.set(input, computed);
  const key = `${view.oid} ${reading}`;
  const found = computed.get(key) ?? findExposures(input, view, reading);
  computed.set(key, found);
  return found;
}

function findExposures(input: LintInput, view: Relation, reading: Reading): readonly Exposure[] {
  const worst = new Map<number, Exposure>();
  for (const oid of view.dependsOn) {
    const read = relationsByOid(input.snapshot).get(oid);
    if (read === undefined) continue;
    const below = read.relkind === 'v' ? exposuresOf(input, read, reading) : storedExposure(input, view, read, reading);
    for (const inner of below) {
      const exposure = seenThrough(input, view, read, inner, reading);
      const other = worst.get(inner.relation.oid);
      if (other === undefined || badness(exposure) > badness(other)) worst.set(inner.relation.oid, exposure);
    }
  }
  return [...worst.values()];
}

function storedExposure(input: LintInput, view: Relation, relation: Relation, reading: Reading): readonly Exposure[] {
  const as = reading === 'asked' && isInvoker(view) ? input.role : view.relowner;
  if (!(relation.relkind === 'm' ? holdsTenants(input, relation) : isOpen(input, as, relation, reading))) return [];
  return [{ relation, as, through: [], filter: 'none', barrier: false }];
}

/** What the app role reads as itself is judged at the table. */
function isOpen(input: LintInput, as: string, relation: Relation, reading: Reading): boolean {
  if (!commonOids(input).has(relation.oid)) return false;
  return reading === 'refreshed' || (as !== input.role && !isWalled(input, as, relation));
}

/** Whether a materialized view was filled from rows of several tenants. The model may say that what it holds is for all. */
export function holdsTenants(input: LintInput, matview: Relation): boolean {
  if (input.modelled.get(matview.oid)?.intent.tenancy === 'shared') return false;
  return exposuresOf(input, matview).some(({ filter }) => filter !== 'tied');
}

function seenThrough(input: LintInput, view: Relation, read: Relation, inner: Exposure, reading: Reading): Exposure {
  const own = filterOf(input, view, read, inner.relation, reading === 'asked');
  const filter = own === 'tied' || inner.filter === 'tied' ? 'tied' : own === 'partial' ? own : inner.filter;
  return {
    ...inner,
    through: [view, ...inner.through],
    filter,
    barrier: inner.barrier || (own === 'tied' && isBarrier(view)),
  };
}

function badness({ filter, barrier }: Exposure): number {
  if (filter === 'none') return 3;
  if (filter === 'partial') return 2;
  return barrier ? 0 : 1;
}

const common = new WeakMap<LintInput, ReadonlySet<number>>();

function commonOids(input: LintInput): ReadonlySet<number> {
  const oids = common.get(input) ?? new Set(input.commonTables.map(({ relation }) => relation.oid));
  common.set(input, oids);
  return oids;
}
