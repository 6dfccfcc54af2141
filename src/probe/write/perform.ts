import type { RunInput } from '../input.ts';
import { describeFailure, type Failure, isEnvironmental } from '../session.ts';
import type { Attack, ExistingRowAttack, InsertAttack, MoveAttack, NewRowAttack } from './attacks.ts';
import { codeWrites, storesNobodysRows, triggersMayRewrite } from './control.ts';
import type { Effect } from './effect.ts';
import type { OtherWords } from './other-words.ts';
import { insertableColumns } from './statements.ts';
import type { Statement } from './transaction.ts';
import type { Scene } from './scene.ts';
import { refusalOf, rowsWritten, type Tried, tryStatement } from './try.ts';

export type Performed =
  /** `rows` is how many rows the statement wrote; null where it was refused. */
  | { readonly outcome: 'held'; readonly rows: number | null }
  | { readonly outcome: 'effect'; readonly effects: readonly Effect[] }
  | NoAnswer;

interface NoAnswer {
  readonly outcome: 'obstacle';
  readonly reason: string;
  readonly lacking: Attack['kind'] | null;
  /** It waited for another session, or took too long: so would the next. */
  readonly stuck: boolean;
}

const held: Performed = { outcome: 'held', rows: null };

/** Performs an attack, and tells what came of it. */
export async function perform(run: RunInput, scene: Scene, attack: Attack): Promise<Performed> {
  if (attack.kind === 'insert') return await performInsert(run, scene, attack);
  return await (attack.kind === 'move' ? performMove(run, scene, attack) : performOnRows(run, scene, attack));
}

/**
 * Says attacks in other words that the first words did not carry through. Few rows are written and mostly none: what was done is
 * looked at only where something was.
 */
export async function performOtherwise(
  run: RunInput,
  scene: Scene,
  said: readonly OtherWords[],
): Promise<readonly Performed[]> {
  const performed: Performed[] = [];
  for (const one of said) {
    if (one.control !== null) {
      const control = await rowsWritten(run, scene.settings, one.control);
      if (!control.ok || control.value === 0) continue;
    }
    const wrote = await rowsWritten(run, scene.settings, one.statement);
    if (wrote.ok ? wrote.value === 0 : refusalOf(wrote.failure) === 'policy') performed.push(held);
    else if (wrote.ok || refusalOf(wrote.failure) === 'constraint') performed.push(await judge(run, scene, one));
    // Where the server has no such statement for such a relation, or no privilege allows it, nobody gets anywhere with it.
    else if (isEnvironmental(wrote.failure)) return [...performed, obstacle(one.attack, wrote.failure)];
  }
  return performed;
}

async function judge(run: RunInput, scene: Scene, { attack, whose, statement }: OtherWords): Promise<Performed> {
  const tried = await tryStatement(run, scene, statement);
  if (attack.kind === 'insert' || attack.kind === 'move') {
    if (tried.ok) return effect(scene, attack, statement, stored(run, tried.value));
    return await stoppedByConstraint(run, scene, { ...attack, statement }, tried.failure);
  }
  return effect(
    scene,
    attack,
    statement,
    tried.ok ? changes(attack, tried.value) : betrayed(scene, tried.failure, whose),
  );
}

async function performOnRows(run: RunInput, scene: Scene, attack: ExistingRowAttack): Promise<Performed> {
  const all = await tryStatement(run, scene, attack.statement);
  if (all.ok) return effect(scene, attack, attack.statement, changes(attack, all.value), all.value.rows);
  const refusal = refusalOf(all.failure);
  if (refusal === 'bound') return held;
  if (refusal === 'other') return obstacle(attack, all.failure);
  // One row that a policy or a constraint refuses stops the whole statement: the others are still to be tried.
  const { foreign, shared } = scene.material;
  const targets = [
    ...foreign.map((at) => ({ at, whose: 'foreign' as const })),
    ...shared.map((at) => ({ at, whose: 'shared' as const })),
  ];
  const effects = new Map<string, readonly Effect[]>();
  let failed: Failure | null = null;
  let answered = targets.length > 0;
  for (const { at, whose } of targets) {
    if (effects.has(whose)) continue;
    const alone = await tryStatement(run, scene, attack.statement, { place: at.place });
    const tries = [{ statement: attack.statement, tried: alone }];
    if (scene.target.keyed) {
      const statement = attack.onRow(at.row);
      tries.unshift({ statement, tried: await tryStatement(run, scene, statement) });
    }
    for (const { statement, tried } of tries) {
      const did = tried.ok ? changes(attack, tried.value) : betrayed(scene, tried.failure, whose);
      const performed = effect(scene, attack, statement, did);
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

/**
 * What a refusal of one row gives away. A constraint speaks after the policies: they had let the row pass. A policy refuses
 * a new row only where the old one was reached: one that is out of reach is passed over without a word.
 */
function betrayed({ target }: Scene, failure: Failure, whose: 'foreign' | 'shared'): Partial<Effect> {
  if (target.relation.relkind === 'v') return {};
  const refusal = refusalOf(failure);
  if (refusal === 'constraint') return { [whose]: 1, stoppedByConstraint: true };
  return { tells: refusal === 'policy' && whose === 'foreign' };
}

function changes(attack: ExistingRowAttack, { before, after }: Tried): Partial<Effect> {
  const [foreign, shared] = [before.foreign - after.foreign, before.shared - after.shared];
  if (attack.kind !== 'update') return { foreign: Math.max(0, foreign), shared: Math.max(0, shared) };
  return { foreign: Math.max(after.foreignWritten, foreign), shared: Math.max(after.sharedWritten, shared) };
}

async function performMove(run: RunInput, scene: Scene, attack: MoveAttack): Promise<Performed> {
  const all = await tryStatement(run, scene, attack.statement);
  if (all.ok) return effect(scene, attack, attack.statement, stored(run, all.value));
  const refusal = refusalOf(all.failure);
  if (refusal === 'bound') return held;
  if (refusal === 'other') return obstacle(attack, all.failure);
  let stopped = attack.all && refusal === 'constraint' ? all.failure : null;
  for (const { place } of attack.rows) {
    const one = await tryStatement(run, scene, attack.statement, { place });
    const performed = one.ok ? effect(scene, attack, attack.statement, stored(run, one.value)) : held;
    if (performed.outcome === 'effect') return performed;
    if (!one.ok && refusalOf(one.failure) === 'constraint') stopped ??= one.failure;
  }
  return stopped === null ? held : await stoppedByConstraint(run, scene, attack, stopped);
}

async function performInsert(run: RunInput, scene: Scene, attack: InsertAttack): Promise<Performed> {
  const tried = await tryStatement(run, scene, attack.statement);
  if (tried.ok) return effect(scene, attack, attack.statement, stored(run, tried.value));
  const refusal = refusalOf(tried.failure);
  if (refusal === 'bound') return held;
  if (refusal === 'other') return obstacle(attack, tried.failure);
  if (refusal === 'constraint') return await stoppedByConstraint(run, scene, attack, tried.failure);
  const doubt = await scene.control();
  if (doubt !== null && attack.joins === 'foreign' && storesNobodysRows(run, scene.target)) return held;
  return doubt === null ? held : { outcome: 'obstacle', lacking: attack.kind, reason: doubt, stuck: false };
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
  if (isForNobody(run, scene, failure)) return held;
  const free = await tryStatement(run, scene, attack.statement, 'none');
  if (free.ok) return effect(scene, attack, attack.statement, stored(run, free.value));
  return refusalOf(free.failure) === 'policy' ? held : obstacle(attack, failure);
}

/** A column that an INSERT through the relation cannot give wants a value: nobody's INSERT stores anything. */
function isForNobody(run: RunInput, { target }: Scene, { sqlstate, column }: Failure): boolean {
  if (sqlstate !== '23502' || column === null || codeWrites(run, target)) return false;
  return !insertableColumns(run, target).some(({ attname }) => attname === column);
}

function effect(
  { subject }: Scene,
  { kind }: Attack,
  { sql: statement }: Statement,
  did: Partial<Effect>,
  rows: number | null = null,
): Performed {
  const { foreign = 0, shared = 0, planted = 0, tells = false, stoppedByConstraint = false } = did;
  if (foreign + shared + planted === 0 && !tells) return { outcome: 'held', rows };
  const made = { subject, kind, foreign, shared, planted, tells, stoppedByConstraint, hidden: false, statement };
  return { outcome: 'effect', effects: [made] };
}

const nouns = {
  update: 'UPDATE',
  delete: 'DELETE',
  seize: 'UPDATE of the tenant column',
  move: 'UPDATE of the tenant column',
  insert: 'INSERT',
} as const;

function obstacle({ kind }: Attack, failure: Failure): NoAnswer {
  const why = failure.sqlstate === '42501' ? ', which is a privilege and not a policy' : '';
  return {
    outcome: 'obstacle',
    lacking: null,
    reason: `${nouns[kind]} came to no answer${why}: ${describeFailure(failure)}.`,
    stuck: failure.sqlstate === '55P03' || failure.sqlstate === '57014',
  };
}
