import type { RunInput } from '../input.ts';
import { describeFailure, type Failure } from '../session.ts';
import type { Target } from '../target.ts';
import type { Attack, ExistingRowAttack, NewRowAttack } from './attacks.ts';
import type { Categories } from './categories.ts';
import type { Material, Row } from './material.ts';
import type { Effect } from './effect.ts';
import { refusalOf, type State, type Statement, tryStatement } from './transaction.ts';

/** The target of an attack and who attacks. */
export interface Scene {
  readonly target: Target;
  readonly subject: string;
  readonly categories: Categories;
  readonly material: Material;
}

export type Performed =
  | { readonly outcome: 'held' }
  | { readonly outcome: 'effect'; readonly effect: Effect }
  | { readonly outcome: 'obstacle'; readonly reason: string; readonly lacking: Attack['kind'] | null };

const held: Performed = { outcome: 'held' };

/** Performs an attack, and tells what came of it. */
export async function perform(run: RunInput, scene: Scene, attack: Attack): Promise<Performed> {
  return 'onRow' in attack ? await performOnRows(run, scene, attack) : await performNewRow(run, scene, attack);
}

async function performOnRows(run: RunInput, scene: Scene, attack: ExistingRowAttack): Promise<Performed> {
  const all = await attemptOn(run, scene, attack.statement);
  if (all.ok) return changed(scene, attack, attack.statement, all.value);
  const refusal = refusalOf(all.failure);
  if (refusal === 'other') return obstacle(attack, all.failure);
  if (!scene.target.keyed) {
    return {
      outcome: 'obstacle',
      lacking: null,
      reason: `${nouns[attack.kind]} over all rows was refused, and without a key no single row can be tried: ${describeFailure(all.failure)}.`,
    };
  }
  // One row that a policy or a constraint refuses stops the whole statement: the others are still to be tried.
  const rows: readonly (readonly [Row | null, 'foreign' | 'shared'])[] = [
    [scene.material.foreign, 'foreign'],
    [scene.material.shared, 'shared'],
  ];
  for (const [row, whose] of rows) {
    if (row === null) continue;
    const statement = attack.onRow(row);
    const one = await attemptOn(run, scene, statement);
    if (one.ok) {
      const performed = changed(scene, attack, statement, one.value);
      if (performed.outcome === 'effect') return performed;
    } else if (refusalOf(one.failure) === 'constraint') {
      return effect(scene, attack, statement, { [whose]: 1, stoppedByConstraint: true });
    } else if (refusalOf(one.failure) === 'other') return obstacle(attack, one.failure);
  }
  // Blind, a policy that refuses one row protects all; a constraint protects only while the data are as they are.
  return refusal === 'policy' ? held : obstacle(attack, all.failure);
}

function changed(scene: Scene, attack: ExistingRowAttack, statement: Statement, after: State): Performed {
  const { before } = scene.material;
  const foreign = attack.kind === 'update' ? after.foreignWritten : before.foreign - after.foreign;
  const shared = attack.kind === 'update' ? after.sharedWritten : before.shared - after.shared;
  return effect(scene, attack, statement, { foreign: Math.max(0, foreign), shared: Math.max(0, shared) });
}

async function performNewRow(run: RunInput, scene: Scene, attack: NewRowAttack): Promise<Performed> {
  const { statement, joins } = attack;
  const tried = await attemptOn(run, scene, statement);
  if (tried.ok) {
    const { before } = scene.material;
    return effect(scene, attack, statement, {
      planted: Math.max(0, tried.value.foreign - before.foreign),
      shared: Math.max(0, tried.value.shared - before.shared),
    });
  }
  const refusal = refusalOf(tried.failure);
  if (refusal === 'other') return obstacle(attack, tried.failure);
  if (refusal === 'constraint') {
    if (triggersMayRewrite(run, scene.target)) return obstacle(attack, tried.failure);
    return effect(scene, attack, statement, {
      [joins === 'foreign' ? 'planted' : 'shared']: 1,
      stoppedByConstraint: true,
    });
  }
  return await refusalMeansSomething(run, scene, attack);
}

/** The positive control of an INSERT: one's own row must pass, unless no policy lets any row pass. */
async function refusalMeansSomething(run: RunInput, scene: Scene, attack: NewRowAttack): Promise<Performed> {
  if (attack.kind === 'move' || scene.target.intent.tenancy === 'shared' || !hasInsertPolicy(run, scene.target))
    return held;
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

/** Whether a permissive policy lets anyone INSERT into the stored table: without one the answer is no for every row. */
function hasInsertPolicy(run: RunInput, target: Target): boolean {
  const { schema, name } = target.truth.from;
  const base = run.snapshot.relations.find(({ nspname, relname }) => nspname === schema && relname === name);
  return (
    !base?.relrowsecurity ||
    run.snapshot.policies.some(
      ({ polrelid, polpermissive, polcmd }) =>
        polrelid === base.oid && polpermissive && (polcmd === '*' || polcmd === 'a'),
    )
  );
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

function attemptOn(run: RunInput, { target, categories, subject }: Scene, statement: Statement) {
  return tryStatement(run, target, categories, subject, statement);
}

function effect(scene: Scene, attack: Attack, statement: Statement, did: Partial<Effect>): Performed {
  const { foreign = 0, shared = 0, planted = 0, stoppedByConstraint = false } = did;
  if (foreign + shared + planted === 0) return held;
  const { subject } = scene;
  return {
    outcome: 'effect',
    effect: { subject, kind: attack.kind, foreign, shared, planted, stoppedByConstraint, statement: statement.sql },
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
