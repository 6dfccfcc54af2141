import type { Command } from '../access/policies.ts';
import type { Policy } from '../catalog/snapshot.ts';
import { conditionsOf, expressionOf, ownedTables, type Owned, type Part } from './conditions.ts';
import { classify, type Classified, type HoleRule, type Way } from './hole-rule.ts';
import type { LintInput } from './input.ts';
import { literalsOf } from './scope.ts';
import { Evaluation } from './scope/evaluate.ts';
import { both } from './scope/outcome.ts';
import { situationsOf, type Situation } from './scope/situation.ts';

/** A permissive policy that lets rows pass for certain that are not the subject's, in spite of the restrictive ones. */
export interface Hole extends Owned, Classified {
  readonly policy: Policy;
}

const found = new WeakMap<LintInput, readonly Hole[]>();

/** The holes in the policies of all tenant tables that are a rule's to report. */
export function holesOf(input: LintInput, rule: HoleRule): readonly Hole[] {
  const known = found.get(input) ?? ownedTables(input).flatMap((owned) => holesIn(input, owned));
  found.set(input, known);
  return known.filter((hole) => hole.rule === rule);
}

function holesIn(input: LintInput, owned: Owned): readonly Hole[] {
  const ways = new Map<Policy, Way[]>();
  for (const { command, part, policies } of conditionsOf(owned)) {
    const { permissive, restrictive } = policies;
    for (const policy of permissive) {
      const situations = passed(input, owned, policy, restrictive, command, part);
      if (situations.length > 0) ways.set(policy, [...(ways.get(policy) ?? []), { command, part, situations }]);
    }
  }
  return [...ways].flatMap(([policy, open]) =>
    classify(input, owned, policy, open).map((hole) => ({ ...owned, policy, ...hole })),
  );
}

function passed(
  input: LintInput,
  { ownership }: Owned,
  policy: Policy,
  floors: readonly Policy[],
  command: Command,
  part: Part,
): readonly Situation[] {
  const expressions = [policy, ...floors].map((one) => expressionOf(one, part));
  const read = expressions.filter((expression) => expression !== null);
  if (read.length < expressions.length) return [];
  const literals = new Set(read.flatMap((expression) => [...literalsOf(input, expression)]));
  const setting = { ...input, ownership };
  return situationsOf(input.model, ownership, command, literals).filter((situation) => {
    const evaluation = new Evaluation(setting, situation);
    return both(...read.map((expression) => evaluation.truth(expression).true)) === 'certain';
  });
}
