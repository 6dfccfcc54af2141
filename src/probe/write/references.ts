import type { RunInput } from '../input.ts';
import { readForeignKeys } from '../foreign-keys.ts';
import { attempt, describeFailure } from '../session.ts';
import type { Target } from '../target.ts';
import { type Attackers, chooseAttackers } from './attackers.ts';
import { type Crossing, tryReference } from './cross.ts';
import { withTriggers } from './live.ts';
import { decidesOwner, readMaterial } from './material.ts';
import type { Reference } from './reference.ts';
import { scratch } from './transaction.ts';

export interface CrossingsOfReference {
  readonly reference: Reference;
  /** Attacks that came to an answer. */
  readonly reached: number;
  readonly crossings: readonly Crossing[];
  readonly obstacles: readonly { readonly subject: string; readonly reason: string }[];
}

/** A reference is the same for all subjects, but what a policy says of it may not be: so many are enough. */
const enough = 2;

/** Tries to make rows of their own point at rows of others, by every foreign key of the targets. */
export async function observeReferences(run: RunInput): Promise<readonly CrossingsOfReference[]> {
  // Foreign keys are triggers: where those are off, nothing is checked and nothing cascades.
  const live = withTriggers(run);
  const keys = await scratch(live, () => referencesOf(live));
  const attackers = chooseAttackers(run);
  const observed: CrossingsOfReference[] = [];
  for (const reference of keys) {
    run.progress(`references of ${reference.child.name}`);
    observed.push(await observeReference(live, reference, attackers));
  }
  return observed;
}

async function referencesOf(run: RunInput): Promise<readonly Reference[]> {
  const read = await readForeignKeys(run);
  if (!read.ok) return [];
  return read.value.flatMap(({ conname, child, parentOid, pairs }): Reference[] => {
    const parent = run.targets.find(({ relation }) => relation.oid === parentOid);
    const free = pairs.filter(({ column }) => !decidesOwner(child, column));
    const { usage, insert, update } = child.privileges;
    if (!parent || free.length === 0 || !usage || insert.length + update.length === 0) return [];
    if (![child, parent].every(({ intent, privileges }) => isOwned(intent.tenancy) && !privileges.truthBound))
      return [];
    const constraint = run.snapshot.constraints.find((c) => c.conrelid === child.relation.oid && c.conname === conname);
    const { confdeltype: onDelete = 'a', confupdtype: onUpdate = 'a' } = constraint ?? {};
    return [{ conname, child, parent, pairs: free, key: pairs, onDelete, onUpdate }];
  });
}

function isOwned(tenancy: Target['intent']['tenancy']): boolean {
  return tenancy === 'row' || tenancy === 'root';
}

async function observeReference(
  run: RunInput,
  reference: Reference,
  attackers: Attackers,
): Promise<CrossingsOfReference> {
  const crossings: Crossing[] = [];
  const obstacles: { subject: string; reason: string }[] = [];
  let reached = 0;
  for (const subject of await attackers.on(reference.child)) {
    if (reached >= enough) break;
    const tried = await scratch(run, async () => {
      const material = await attempt(async () => {
        const { own } = await readMaterial(run, reference.child, subject);
        const { own: parents, foreign: hidden } = await readMaterial(run, reference.parent, subject);
        return { own, parents, hidden };
      });
      if (!material.ok) return { obstacle: `The truth could not be read: ${describeFailure(material.failure)}.` };
      return await tryReference(run, reference, subject, material.value);
    });
    // Without rows of its own, or of others to point at, this subject cannot try.
    if (tried === null) continue;
    if ('obstacle' in tried) {
      obstacles.push({ subject, reason: tried.obstacle });
      continue;
    }
    reached += 1;
    if (tried.crossing !== null) crossings.push(tried.crossing);
  }
  return { reference, reached, crossings, obstacles: reached > 0 ? [] : obstacles };
}
