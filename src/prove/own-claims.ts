import type { RelationAccess } from '../access/matrix.ts';
import { isFor, policiesOf, type Command } from '../access/policies.ts';
import type { Claim } from './claim.ts';
import type { Asked, ClaimMaker, Judge } from './claim-maker.ts';
import type { Reader } from './scope.ts';
import type { Target } from './target.ts';
import { allOf, isTrue, newRow, walk, type Term } from './term.ts';

/** That a subject sees all that is its own, or shared with it. */
export function hidesClaims(
  reader: Reader,
  maker: ClaimMaker,
  judge: Judge,
  target: Target,
  { relation, rowSecurity, policies }: RelationAccess,
): readonly Claim[] {
  const { intent } = judge;
  // A role that no policy is for, where there are some for others, is not meant to see anything.
  const isClosed =
    rowSecurity === 'bound' &&
    policies.select.permissive.length === 0 &&
    policiesOf(reader.snapshot, relation).some((policy) => isFor(policy, 'select'));
  if (!intent.complete || intent.tenancy === 'none' || isClosed) return [];
  const row = newRow(relation);
  const demands: Asked['demands'] = [
    { term: judge.foreign(row), demand: 'false' },
    { term: target.passes('select', 'using', row), demand: 'not shown' },
  ];
  return [maker.of('select', 'hides', 'subject', { rows: [{ row, stored: true }], demands, row, foreign: null })];
}

/**
 * That a command lets rows of the subject's own pass, in the form that applications use: with a WHERE, to which the policies for
 * SELECT apply too. An UPDATE is asked about that changes nothing: what may become of a row is the application's to say.
 */
export function refusesClaims(
  maker: ClaimMaker,
  judge: Judge,
  target: Target,
  command: Exclude<Command, 'select'>,
): readonly Claim[] {
  const { tenancy, signup } = judge.intent;
  if ((tenancy !== 'row' && tenancy !== 'root') || (signup && command === 'insert')) return [];
  const row = newRow(target.table);
  const written = {
    insert: () => [target.passes('insert', 'check', row)],
    update: () => [target.passes('update', 'using', row), target.passes('update', 'check', row)],
    delete: () => [target.passes('delete', 'using', row)],
  }[command]();
  // What asks neither for the row nor for the session is open, or closed on purpose.
  if (!written.some(asks) || !written.every((term) => asks(term) || isTrue(term))) return [];
  const seen = command !== 'insert' && target.mayUse('select') ? [target.passes('select', 'using', row)] : [];
  const passes = allOf([...written, ...seen]);
  const rows = [{ row, stored: command !== 'insert' }];
  const own = { term: judge.unwritable(row), demand: 'false' as const };
  const asked = (demand: 'not shown' | 'true'): Asked => ({
    rows,
    demands: [own, { term: passes, demand }],
    row,
    foreign: null,
  });
  const some = { rows, demands: asked('true').demands };
  return [{ ...maker.of(command, 'refuses', 'subject', asked('not shown')), some }];
}

function asks(term: Term): boolean {
  return [...walk(term)].some(({ op }) => op === 'column' || op === 'setting' || op === 'unknown');
}
