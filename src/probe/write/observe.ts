import { assumeRole } from '../../postgres/impersonate.ts';
import { quoteQualified } from '../../sql/ident.ts';
import { nameOf } from '../../catalog/lookup.ts';
import type { RunInput } from '../input.ts';
import { attempt, describeFailure } from '../session.ts';
import type { Target } from '../target.ts';
import { type Attackers, chooseAttackers } from './attackers.ts';
import { allowedOn, type Attack, attacksOf } from './attacks.ts';
import { insertControl, lets } from './control.ts';
import type { Effect, KeysOfScene, Obstacle, WritesOfTarget } from './effect.ts';
import { withTriggers } from './live.ts';
import { aimOf, otherWordsOf } from './other-words.ts';
import { perform, type Performed, performOtherwise } from './perform.ts';
import type { Scene } from './scene.ts';
import { readMaterial } from './material.ts';
import { ageless, readState } from './state.ts';
import { thinOwn } from './thin.ts';
import { scratch } from './transaction.ts';
import { tryKeys } from './unique.ts';
import { readUpdatable, type Updatable } from './updatable.ts';

/** Tries blind writes of subjects on every target that the app role may write to, each in a transaction that is rolled back. */
export async function observeWrites(run: RunInput): Promise<readonly WritesOfTarget[]> {
  const observed: WritesOfTarget[] = [];
  const live = withTriggers(run);
  const attackers = chooseAttackers(run);
  for (const target of run.targets) {
    const { usage, insert, update, delete: mayDelete, truthBound } = target.privileges;
    if (!usage || truthBound || !(insert.length > 0 || update.length > 0 || mayDelete)) continue;
    run.progress(`writes on ${target.name}`);
    observed.push(await observeTarget(hasInsteadOf(run, target) ? live : run, target, attackers));
  }
  return observed;
}

/** Switched off, an INSTEAD OF trigger does nothing at all, and the statement succeeds. */
function hasInsteadOf({ snapshot }: RunInput, { relation }: Target): boolean {
  const insteadOf = 64;
  return snapshot.triggers.some(({ tgrelid, tgtype }) => tgrelid === relation.oid && (tgtype & insteadOf) !== 0);
}

async function observeTarget(run: RunInput, target: Target, attackers: Attackers): Promise<WritesOfTarget> {
  const updatable = await readUpdatable(run, target);
  if (!updatable.ok)
    return unobserved(target, `What can be written could not be read: ${describeFailure(updatable.failure)}.`);
  const may = allowedOn(target, updatable.value);
  if (!may.insert && !may.update && !may.delete)
    return { target, reached: 0, effects: [], obstacles: [], keys: noKeys };
  if (target.truth.contextual) {
    return unobserved(
      target,
      'The model names no base table whose key this view shows, to tell what a write through it did.',
    );
  }
  const seen: ObservedOfSubject[] = [];
  for (const subject of await attackers.on(target)) {
    run.tally.attacker(subject);
    // Keys hold for all alike, and what holds in other words does: two subjects that came to an answer are enough.
    const withKeys = seen.filter(({ keys }) => keys.reached > 0).length < 2;
    const otherwise = seen.filter((one) => one.otherwise > 0).length < 2;
    const observed = await observeSubject(run, target, subject, attackers.named, may, { withKeys, otherwise });
    seen.push(observed);
    if (observed.stuck) break;
  }
  const effects = seen.flatMap((one) => one.effects);
  const reached = seen.flatMap((one) => one.reached);
  const obstacles = [...seen.flatMap((one) => one.obstacles), ...idleCommands(run, target, seen)];
  // Where anyone may add a tenant, an INSERT may have nothing to refuse.
  if (reached.length + obstacles.length === 0 && !target.intent.signup) {
    return unobserved(target, 'It holds no rows to try writes with.');
  }
  const open = obstacles.filter(({ lacking }) => lacking === null || !reached.includes(lacking));
  const keys = {
    reached: seen.reduce((sum, one) => sum + one.keys.reached, 0),
    effects: seen.flatMap((one) => one.keys.effects),
    obstacles: seen.flatMap((one) => one.keys.obstacles),
  };
  const otherwise = seen.reduce((sum, one) => sum + one.otherwise, 0);
  return { target, reached: reached.length + otherwise, effects, obstacles: open, keys };
}

const noKeys: KeysOfScene = { reached: 0, effects: [], obstacles: [] };

interface ObservedOfSubject {
  readonly effects: Effect[];
  readonly obstacles: Obstacle[];
  readonly reached: Attack['kind'][];
  /** Blind statements of a subject that owns rows, and how many rows each wrote; null where it was refused. */
  readonly passed: { readonly kind: Attack['kind']; readonly rows: number | null }[];
  /** Attacks in other words that came to an answer. */
  otherwise: number;
  stuck: boolean;
  keys: KeysOfScene;
}

async function observeSubject(
  run: RunInput,
  target: Target,
  subject: string,
  named: readonly string[],
  may: Updatable,
  also: { readonly withKeys: boolean; readonly otherwise: boolean },
): Promise<ObservedOfSubject> {
  const observed: ObservedOfSubject = {
    effects: [],
    obstacles: [],
    reached: [],
    passed: [],
    otherwise: 0,
    stuck: false,
    keys: noKeys,
  };
  const settings = run.contextOf(subject);
  await scratch(run, async () => {
    const read = await attempt(async () => {
      const all = await readState(run, target, subject, ageless);
      const before = (await thinOwn(run, target, subject, all)) ? await readState(run, target, subject, ageless) : all;
      return { before, material: await readMaterial(run, target, subject) };
    });
    if (!read.ok) {
      const reason = `The truth could not be read: ${describeFailure(read.failure)}.`;
      observed.obstacles.push({ subject, reason, lacking: null });
      return;
    }
    const { material, before } = read.value;
    const stage = { target, subject, settings, before };
    const scene = { ...stage, material, control: insertControl(run, stage, material) };
    const attacks = await attacksOf(run, target, subject, material, named, may);
    await attackAll(run, scene, attacks, observed);
    if (also.otherwise && !observed.stuck) await attackOtherwise(run, scene, attacks, observed);
    if (also.withKeys && !observed.stuck) observed.keys = await tryKeys(run, scene, may);
    if (observed.effects.some(({ foreign, tells }) => foreign > 0 || tells)) await judgeHidden(run, scene, observed);
  });
  return observed;
}

async function attackAll(
  run: RunInput,
  scene: Scene,
  attacks: readonly Attack[],
  observed: ObservedOfSubject,
): Promise<void> {
  const settled = new Set<string>();
  for (const attack of attacks) {
    const aim = aimOf(attack);
    if (settled.has(aim)) continue;
    const performed = await perform(run, scene, attack);
    if (performed.outcome === 'obstacle') {
      const { reason, lacking, stuck } = performed;
      observed.obstacles.push({ subject: scene.subject, reason, lacking });
      if (!stuck) continue;
      observed.stuck = true;
      return;
    }
    observed.reached.push(attack.kind);
    note(scene, attack, performed, observed);
    if (performed.outcome === 'effect') {
      settled.add(aim);
      observed.effects.push(...performed.effects);
    } else if (attack.kind === 'update' && performed.rows !== null && scene.target.relation.relkind !== 'v') {
      // USING looks at the old row, whatever is set: what one UPDATE passed over, no other reaches.
      settled.add('update').add('seize');
    }
  }
}

/** What the attacks did not do as they were said, said otherwise. */
async function attackOtherwise(
  run: RunInput,
  scene: Scene,
  attacks: readonly Attack[],
  observed: ObservedOfSubject,
): Promise<void> {
  const done = new Set(observed.effects.map(({ kind }) => kind));
  const open = attacks.filter(({ kind }) => !done.has(kind));
  for (const performed of await performOtherwise(run, scene, otherWordsOf(run, scene, open))) {
    if (performed.outcome !== 'obstacle') observed.otherwise += 1;
    if (performed.outcome === 'effect') observed.effects.push(...performed.effects);
    if (performed.outcome === 'obstacle') {
      observed.obstacles.push({ subject: scene.subject, reason: performed.reason, lacking: null });
    }
  }
}

function note({ before }: Scene, { kind }: Attack, performed: Performed, { passed }: ObservedOfSubject): void {
  if ((kind !== 'update' && kind !== 'delete') || before.own === 0) return;
  passed.push({ kind, rows: performed.outcome === 'held' ? performed.rows : null });
}

/** Commands that a policy allows, and that reached no row of any subject, not even its own: that they reached no foreign one proves nothing. */
function idleCommands(run: RunInput, target: Target, seen: readonly ObservedOfSubject[]): readonly Obstacle[] {
  if (target.relation.relkind === 'v') return [];
  const commands = [
    { kind: 'update', verb: 'UPDATE' },
    { kind: 'delete', verb: 'DELETE' },
  ] as const;
  return commands.flatMap(({ kind, verb }): Obstacle[] => {
    const passed = seen.flatMap((one) => one.passed).filter((one) => one.kind === kind);
    if (passed.length === 0 || passed.some(({ rows }) => rows !== 0) || !lets(run, target, kind)) return [];
    const reason = `A policy allows ${verb}, and it reaches no row of any ${run.noun}, not even its own: that it reached no foreign one proves nothing.`;
    return [{ subject: '', reason, lacking: null }];
  });
}

/** Whether the subject sees rows of others at all: what it sees anyway, no answer gives away. */
async function judgeHidden(run: RunInput, scene: Scene, { effects }: ObservedOfSubject): Promise<void> {
  const { target, settings, before } = scene;
  const counted = await attempt(async () => {
    await assumeRole(run.session.client, run.session.appRole, settings);
    const { rows } = await run.session.client.query<{ rows: string }>(
      `select pg_catalog.count(*) as rows from ${quoteQualified(nameOf(target.relation))}`,
    );
    return Number(rows[0]?.rows);
  });
  const hidden = !counted.ok || counted.value <= before.own + before.shared;
  const judged = effects.map((effect) => ({ ...effect, hidden })).filter((effect) => !effect.tells || hidden);
  effects.splice(0, effects.length, ...judged);
}

function unobserved(target: Target, reason: string): WritesOfTarget {
  return { target, reached: 0, effects: [], obstacles: [{ subject: '', reason, lacking: null }], keys: noKeys };
}
