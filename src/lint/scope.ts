import type { Command } from '../access/policies.ts';
import type { Relation } from '../catalog/snapshot.ts';
import type { LintInput } from './input.ts';
import { itemsOf } from './scope/built-in.ts';
import { Evaluation } from './scope/evaluate.ts';
import { partsOf, readExpression, type Expression } from './scope/expression.ts';
import type { Chance, Outcome } from './scope/outcome.ts';
import { ownershipOf, type Ownership } from './scope/ownership.ts';
import { bodyOf, routinesOf } from './scope/routine.ts';
import { situationsOf, type Situation } from './scope/situation.ts';
import { unknown, type Value } from './scope/value.ts';

/**
 * What a boolean over the rows of a relation lets pass of those that are not the subject's by the model:
 *
 * - `scoped`: none, whatever the session says
 * - `open`: some, for certain, if such rows are there
 * - `unknown`: it rests on subqueries, functions or columns that are not understood
 */
export type Scope = 'scoped' | 'open' | 'unknown';

/** A situation in which an expression lets rows pass, or may. */
export interface Passing {
  readonly situation: Situation;
  readonly chance: Exclude<Chance, 'never'>;
}

/** Judges a policy's expression, or a view's condition over the columns of a table, for a command; by default for reading. */
export function scopeOf(
  input: LintInput,
  relation: Relation,
  expression: string | Expression,
  command: Command = 'select',
): Scope {
  const passing = passingOf(input, relation, expression, command);
  if (passing === undefined) return 'unknown';
  // Whether there is a tenant whose id is the empty text is not known.
  if (passing.some(({ chance, situation }) => chance === 'certain' && situation.rows !== 'blank')) return 'open';
  return passing.length === 0 ? 'scoped' : 'unknown';
}

/** The situations in which an expression may let pass what it should not; undefined where it cannot be read, or the rows have no owners. `assumed`: outcomes of parts, by their key. */
export function passingOf(
  input: LintInput,
  relation: Relation,
  expression: string | Expression,
  command: Command,
  assumed: ReadonlyMap<string, Outcome> = new Map(),
): readonly Passing[] | undefined {
  const read = typeof expression === 'string' ? readExpression(expression) : expression;
  const ownership = ownershipOf(input.snapshot, input.model, relation);
  if (read === null || ownership === undefined) return undefined;
  const setting = { ...input, ownership };
  return situationsOf(input.model, ownership, command, literalsOf(input, read)).flatMap((situation) => {
    const known = new Map([...situation.known, ...assumed]);
    const { true: chance } = new Evaluation(setting, { ...situation, known }).truth(read);
    return chance === 'never' ? [] : [{ situation, chance }];
  });
}

/** The texts that an expression, and the functions that it calls, compare with. */
export function literalsOf(input: LintInput, expression: Expression): ReadonlySet<string> {
  const found = new Set<string>();
  for (const part of reachedBy(input, expression)) {
    if (part.kind === 'constant' && typeof part.value === 'string') {
      for (const item of itemsOf(part.value) ?? [part.value]) found.add(item);
    }
  }
  return found;
}

/** An expression's parts, and those of the functions that it calls, as far as they can be read. */
export function* reachedBy(
  input: LintInput,
  expression: Expression,
  seen = new Set<Expression>(),
): Generator<Expression> {
  for (const part of partsOf(expression)) {
    yield part;
    if (part.kind !== 'call') continue;
    for (const routine of routinesOf(input.snapshot, part)) {
      const body = bodyOf(routine);
      if (body === null || seen.has(body)) continue;
      seen.add(body);
      yield* reachedBy(input, body, seen);
    }
  }
}

/** What an expression is in a session without a context. */
export function valueWithout(input: LintInput, ownership: Ownership, expression: Expression): Value {
  const known = new Map<string, Outcome>();
  const situation = { rows: 'foreign', context: 'unset', tenant: unknown, user: unknown, known, apart: [] } as const;
  return new Evaluation({ ...input, ownership }, situation).value(expression);
}
