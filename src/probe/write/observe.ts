import type { RunInput } from '../input.ts';
import { attempt, describeFailure } from '../session.ts';
import type { Target } from '../target.ts';
import { attacksOf } from './attacks.ts';
import type { Effect, Obstacle, WritesOfTarget } from './effect.ts';
import { categoriesOf } from './categories.ts';
import { perform } from './perform.ts';
import { readMaterial } from './material.ts';
import { scratch } from './transaction.ts';

/** Tries blind writes of every subject on every target that the app role may write to, each in a transaction that is rolled back. */
export async function observeWrites(run: RunInput): Promise<readonly WritesOfTarget[]> {
  const observed: WritesOfTarget[] = [];
  for (const target of run.targets) {
    const { usage, insert, update, delete: mayDelete, truthBound } = target.privileges;
    if (!usage || truthBound || !(insert.length > 0 || update.length > 0 || mayDelete)) continue;
    run.progress(`writes on ${target.name}`);
    observed.push(await observeTarget(run, target));
  }
  return observed;
}

async function observeTarget(run: RunInput, target: Target): Promise<WritesOfTarget> {
  const effects: Effect[] = [];
  const obstacles: Obstacle[] = [];
  let reached = 0;
  const categories = categoriesOf(target);
  if (target.truth.contextual && target.privileges.updatable !== 0) {
    obstacles.push({
      subject: '',
      material: false,
      reason: 'The model names no base table with a key that shows what a write through this view did.',
    });
    return { target, reached, effects, obstacles };
  }
  for (const subject of target.privileges.updatable === 0 ? [] : run.subjects) {
    const material = await scratch(run, () => attempt(() => readMaterial(run, target, categories, subject)));
    if (!material.ok) {
      obstacles.push({
        subject,
        material: false,
        reason: `The truth could not be read: ${describeFailure(material.failure)}.`,
      });
      continue;
    }
    for (const attack of attacksOf(run, target, subject, material.value)) {
      const performed = await perform(run, { target, subject, categories, material: material.value }, attack);
      if (performed.outcome === 'obstacle') {
        obstacles.push({ subject, reason: performed.reason, material: performed.material });
        continue;
      }
      reached += 1;
      if (performed.outcome === 'effect') effects.push(performed.effect);
    }
  }
  return { target, reached, effects, obstacles: obstacles.filter(({ material }) => !material || reached === 0) };
}
