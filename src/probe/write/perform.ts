import type { RunInput } from '../input.ts';
import { type Attempt, describeFailure, type Failure } from '../session.ts';
import type { Target } from '../target.ts';
import type { Attack, ExistingRowAttack, InsertAttack, MoveAttack, NewRowAttack } from './attacks.ts';
import type { Categories } from './categories.ts';
import type { Material } from './material.ts';
import type { Effect } from './effect.ts';
import { type Attacker, refusalOf, type Scenery, type Statement, type Tried, tryStatement } from './transaction.ts';

/** The target of an attack and who attacks. */
export interface Scene extends Attacker {
  readonly target: Target;
  readonly categories: Categories;
  readonly material: Material;
}

export type Performed =
  | { readonly outcome: 'held' }
  | { readonly outcome: 'effect'; readonly effects: readonly Effect[] }
  | { readonly outcome: 'obstacle'; readonly reason: string; readonly lacking: Attack['kind'] | null };

const held: Performed = { outcome: 'held' };

/** Performs an attack, and tells what came of it. */
export async function perform(run: RunInput, scene: Scene, attack: Attack): Promise<Performed> {
  if (attack.kind === 'insert') return await performInsert(run, scene, attack);
  return await (attack.kind === 'move' ? performMove(run, scene, attack) : performOnRows(run, scene, attack));
}

async function performOnRows(run: RunInput, scene: Scene, attack: ExistingRowAttack): Promise<Performed> {
  const all = await attemptOn(run, scene, attack.statement);
  if (all.ok) return effect(scene, attack, attack.statement, changes(attack, all.value));
  const refusal = refusalOf(all.failure);
  if (refusal === 'bound') return held;
  if (refusal === 'other') return obstacle(attack, all.failure);
  // One row that a policy or a constraint refuses stops the whole statement: the others are still to be tried.
  const { foreign, shared } = scene.material;
  const targets = [
    ...foreign.map((at) => ({ at, whose: 'foreign' })),
    ...shared.map((at) => ({ at, whose: 'shared' })),
  ];
  const effects = new Map<string, readonly Effect[]>();
  let failed: Failure | null = null;
  let answered = targets.length > 0;
  for (const { at, whose } of targets) {
    if (effects.has(whose)) continue;
    const alone = await attemptOn(run, scene, attack.statement, { place: at.place });
    const tries = [{ statement: attack.statement, tried: alone }];
    if (scene.target.keyed) {
      const statement = attack.onRow(at.row);
      tries.unshift({ statement, tried: await attemptOn(run, scene, statement) });
    }
    for (const { statement, tried } of tries) {
      const performed = tried.ok
        ? effect(scene, attack, statement, changes(attack, tried.value))
        : refusalOf(tried.failure) === 'constraint' && scene.target.relation.relkind !== 'v'
          ? effect(scene, attack, statement, { [whose]: 1, stoppedByConstraint: true })
          : held;
      if (performed.outcome === 'effect') {
        effects.set(whose, performed.effects);
        break;
      }
      if (!tried.ok && refusalOf(tried.failure) === 'other' && tried !== alone) failed = tried.failure;
    }
    answered &&= alone.ok || refusalOf(alone.failure) === 'policy';
  }
  if (effects.size > 0) return { outcome: 'effect', effects: [...effects.values()].flat() };
  if (answered) return held;
  if (failed !== null) return obstacle(attack, failed);
  // Blind, a policy that refuses one row protects all; a constraint protects only while the data are as they are.
  return refusal === 'policy' && scene.target.keyed ? held : obstacle(attack, all.failure);
}

function changes(attack: ExistingRowAttack, { before, after }: Tried): Partial<Effect> {
  const [foreign, shared] = [before.foreign - after.foreign, before.shared - after.shared];
  if (attack.kind !== 'update') return { foreign: Math.max(0, foreign), shared: Math.max(0, shared) };
  return { foreign: Math.max(after.foreignWritten, foreign), shared: Math.max(after.sharedWritten, shared) };
}

async function performMove(run: RunInput, scene: Scene, attack: MoveAttack): Promise<Performed> {
  const all = await attemptOn(run, scene, attack.statement);
  if (all.ok) return effect(scene, attack, attack.statement, stored(run, all.value));
  const refusal = refusalOf(all.failure);
  if (refusal === 'bound') return held;
  if (refusal === 'other') return obstacle(attack, all.failure);
  for (const { place } of scene.material.own) {
    const one = await attemptOn(run, scene, attack.statement, { place });
    const performed = one.ok ? effect(scene, attack, attack.statement, stored(run, one.value)) : held;
    if (performed.outcome === 'effect') return performed;
  }
  return refusal === 'policy' ? held : await stoppedByConstraint(run, scene, attack, all.failure);
}

async function performInsert(run: RunInput, scene: Scene, attack: InsertAttack): Promise<Performed> {
  const tried = await attemptOn(run, scene, attack.statement);
  if (tried.ok) return effect(scene, attack, attack.statement, stored(run, tried.value));
  const refusal = refusalOf(tried.failure);
  if (refusal === 'bound') return held;
  if (refusal === 'other') return obstacle(attack, tried.failure);
  if (refusal === 'constraint') return await stoppedByConstraint(run, scene, attack, tried.failure);
  return await refusalMeansSomething(run, scene, attack);
}

/** Rows that are stored for others now. Rows of others that became a user's own are no less: it has written itself into their tenant. */
function stored({ membership }: RunInput, { before, after }: Tried): Partial<Effect> {
  return {
    planted: Math.max(0, after.foreign - before.foreign),
    foreign: membership ? Math.max(0, before.foreign - after.foreign) : 0,
    shared: Math.max(0, after.shared - before.shared),
  };
}

/**
 * A constraint refused the new row. In a table the policies had let it pass, if the statement itself made it somebody else's.
 * Elsewhere, as in a view, whose check comes last, the statement is tried where no row is in its way.
 */
async function stoppedByConstraint(
  run: RunInput,
  scene: Scene,
  attack: NewRowAttack,
  failure: Failure,
): Promise<Performed> {
  const explicit = attack.kind === 'move' || attack.explicit;
  if (explicit && scene.target.relation.relkind !== 'v' && !triggersMayRewrite(run, scene.target)) {
    return effect(scene, attack, attack.statement, {
      [attack.joins === 'foreign' ? 'planted' : 'shared']: 1,
      stoppedByConstraint: true,
    });
  }
  if (attack.kind === 'move') return obstacle(attack, failure);
  const free = await attemptOn(run, scene, attack.statement, 'none');
  if (free.ok) return effect(scene, attack, attack.statement, stored(run, free.value));
  return refusalOf(free.failure) === 'policy' ? held : obstacle(attack, failure);
}

/** The positive control of an INSERT: one's own row must pass, unless no policy lets any row pass. */
async function refusalMeansSomething(run: RunInput, scene: Scene, attack: InsertAttack): Promise<Performed> {
  if (scene.target.intent.tenancy === 'shared' || !hasInsertPolicy(run, scene.target)) return held;
  if (attack.control === null) {
    return { outcome: 'obstacle', lacking: attack.kind, reason: `There is no row of its own to try INSERT with.` };
  }
  const control = await attemptOn(run, scene, attack.control);
  if (control.ok || refusalOf(control.failure) === 'constraint') return held;
  return {
    outcome: 'obstacle',
    lacking: null,
    reason: `INSERT of a copy of its own row is refused too, so that refusing a foreign one proves nothing: ${describeFailure(control.failure)}.`,
  };
}

/** Whether a permissive policy may let the app role INSERT into the stored table: without one the answer is no for every row. */
function hasInsertPolicy(run: RunInput, target: Target): boolean {
  const { schema, name } = target.truth.from;
  const base = run.snapshot.relations.find(({ nspname, relname }) => nspname === schema && relname === name);
  return (
    !base?.relrowsecurity ||
    run.snapshot.policies.some(
      ({ polrelid, polpermissive, polcmd, polroles }) =>
        polrelid === base.oid && polpermissive && (polcmd === '*' || polcmd === 'a') && concerns(run, polroles),
    )
  );
}

/** Whether a policy for these roles may apply to the app role, by memberships too. A role that belongs to nobody applies to nobody else. */
function concerns({ snapshot, session }: RunInput, polroles: readonly string[]): boolean {
  const closure = new Set(['public', session.appRole]);
  // A set that grows while it is walked is walked to its end.
  for (const name of closure) {
    for (const { rolname } of snapshot.roles.find((role) => role.rolname === name)?.memberOf ?? [])
      closure.add(rolname);
  }
  return polroles.some((name) => closure.has(name));
}

/** Where triggers fire, a BEFORE trigger may have made the row one's own before the policy looked at it. */
function triggersMayRewrite(run: RunInput, target: Target): boolean {
  const { schema, name } = target.truth.from;
  const base = run.snapshot.relations.find(({ nspname, relname }) => nspname === schema && relname === name);
  const beforeRow = 1 | 2;
  const firing = 'session_replication_role' in run.writeSettings ? 'AR' : 'AO';
  return run.snapshot.triggers.some(
    ({ tgrelid, tgtype, tgenabled }) =>
      tgrelid === base?.oid && (tgtype & beforeRow) === beforeRow && firing.includes(tgenabled),
  );
}

function attemptOn(run: RunInput, scene: Scene, statement: Statement, scenery?: Scenery): Promise<Attempt<Tried>> {
  return tryStatement(run, scene.target, scene.categories, scene, statement, scenery);
}

function effect(scene: Scene, attack: Attack, statement: Statement, did: Partial<Effect>): Performed {
  const { foreign = 0, shared = 0, planted = 0, stoppedByConstraint = false } = did;
  if (foreign + shared + planted === 0) return held;
  const { subject } = scene;
  return {
    outcome: 'effect',
    effects: [{ subject, kind: attack.kind, foreign, shared, planted, stoppedByConstraint, statement: statement.sql }],
  };
}

const nouns = {
  update: 'UPDATE',
  delete: 'DELETE',
  seize: 'UPDATE of the tenant column',
  move: 'UPDATE of the tenant column',
  insert: 'INSERT',
} as const;

function obstacle(attack: Attack, failure: Failure): Performed {
  const why = failure.sqlstate === '42501' ? ', which is a privilege and not a policy' : '';
  return {
    outcome: 'obstacle',
    lacking: null,
    reason: `${nouns[attack.kind]} came to no answer${why}: ${describeFailure(failure)}.`,
  };
}
