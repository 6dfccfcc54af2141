import type { RunInput } from '../input.ts';
import { attempt, describeFailure } from '../session.ts';
import type { Target } from '../target.ts';
import { allowedOn, type Attack, attacksOf } from './attacks.ts';
import type { Effect, Obstacle, WritesOfTarget } from './effect.ts';
import { categoriesOf } from './categories.ts';
import { perform } from './perform.ts';
import { readMaterial } from './material.ts';
import { scratch } from './transaction.ts';
import { readUpdatable, type Updatable } from './updatable.ts';

/** Tries blind writes of every subject on every target that the app role may write to, each in a transaction that is rolled back. */
export async function observeWrites(run: RunInput): Promise<readonly WritesOfTarget[]> {
  const observed: WritesOfTarget[] = [];
  const live = withTriggers(run);
  for (const target of run.targets) {
    const { usage, insert, update, delete: mayDelete, truthBound } = target.privileges;
    if (!usage || truthBound || !(insert.length > 0 || update.length > 0 || mayDelete)) continue;
    run.progress(`writes on ${target.name}`);
    observed.push(await observeTarget(hasInsteadOf(run, target) ? live : run, target));
  }
  return observed;
}

/** Switched off, an INSTEAD OF trigger does nothing at all, and the statement succeeds. */
function hasInsteadOf({ snapshot }: RunInput, { relation }: Target): boolean {
  const insteadOf = 64;
  return snapshot.triggers.some(({ tgrelid, tgtype }) => tgrelid === relation.oid && (tgtype & insteadOf) !== 0);
}

/** The same run with the triggers that a superuser's run switches off. */
function withTriggers(run: RunInput): RunInput {
  const settings = Object.entries(run.writeSettings).filter(([name]) => name !== 'session_replication_role');
  return { ...run, writeSettings: Object.fromEntries(settings) };
}

async function observeTarget(run: RunInput, target: Target): Promise<WritesOfTarget> {
  const updatable = await readUpdatable(run, target);
  if (!updatable.ok)
    return unobserved(target, `What can be written could not be read: ${describeFailure(updatable.failure)}.`);
  const may = allowedOn(target, updatable.value);
  if (!may.insert && !may.update && !may.delete) return { target, reached: 0, effects: [], obstacles: [] };
  if (target.truth.contextual) {
    return unobserved(
      target,
      'The model names no base table whose key this view shows, to tell what a write through it did.',
    );
  }
  const effects: Effect[] = [];
  const obstacles: Obstacle[] = [];
  const reached: Attack['kind'][] = [];
  for (const subject of run.subjects) {
    const observed = await observeSubject(run, target, subject, may);
    effects.push(...observed.effects);
    obstacles.push(...observed.obstacles);
    reached.push(...observed.reached);
  }
  if (reached.length + obstacles.length === 0) return unobserved(target, 'It holds no rows to try writes with.');
  const open = obstacles.filter(({ lacking }) => lacking === null || !reached.includes(lacking));
  return { target, reached: reached.length, effects, obstacles: open };
}

async function observeSubject(
  run: RunInput,
  target: Target,
  subject: string,
  may: Updatable,
): Promise<{ effects: Effect[]; obstacles: Obstacle[]; reached: Attack['kind'][] }> {
  const observed = { effects: [] as Effect[], obstacles: [] as Obstacle[], reached: [] as Attack['kind'][] };
  const categories = categoriesOf(target);
  const material = await scratch(run, () => attempt(() => readMaterial(run, target, categories, subject)));
  if (!material.ok) {
    const reason = `The truth could not be read: ${describeFailure(material.failure)}.`;
    observed.obstacles.push({ subject, reason, lacking: null });
    return observed;
  }
  const effective = new Set<string>();
  for (const attack of attacksOf(run, target, subject, material.value, may)) {
    const aim = 'joins' in attack ? `${attack.kind} ${attack.joins}` : attack.kind;
    if (effective.has(aim)) continue;
    const performed = await perform(
      run,
      { target, subject, settings: run.contextOf(subject), categories, material: material.value },
      attack,
    );
    if (performed.outcome === 'obstacle') {
      observed.obstacles.push({ subject, reason: performed.reason, lacking: performed.lacking });
      continue;
    }
    observed.reached.push(attack.kind);
    if (performed.outcome !== 'effect') continue;
    effective.add(aim);
    observed.effects.push(...performed.effects);
  }
  return observed;
}

function unobserved(target: Target, reason: string): WritesOfTarget {
  return { target, reached: 0, effects: [], obstacles: [{ subject: '', reason, lacking: null }] };
}
