import { type Call, synthesisedCalls } from '../functions/calls.ts';
import type { Values } from '../functions/values.ts';
import type { RunInput } from '../input.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import { arbitraryRows } from './limit.ts';
import { listedCall } from './listed-call.ts';
import type { Observable, Unreached } from './observable.ts';
import { resolveParams } from './params.ts';
import type { Plan } from './plan.ts';

/** What depends on the subject: calls and queries, with their arguments, and what could not be given any. */
export interface Asked {
  readonly observables: readonly Observable[];
  readonly unreached: readonly Unreached[];
}

/** The calls of some functions for one subject. */
export function observableCalls(run: RunInput, { callables, types }: Plan, values: Values): Asked {
  const observables: Observable[] = [];
  const unreached: Unreached[] = [];
  for (const { routine, parameters, rule, reach, suspect, synthesised, listed } of callables) {
    const add = (call: Call, mayWrite: boolean): void => {
      const { from, values: passed, text } = call;
      observables.push({
        object: routine.signature,
        kind: 'function',
        rule,
        reach,
        suspect,
        from,
        values: passed,
        row: 'row(t.*)',
        mayWrite,
        call: text,
        obstacle: null,
      });
    };
    const synthetic = synthesised
      ? synthesisedCalls(routine, parameters, { run, types, values, dynamic: reach.dynamic })
      : [];
    for (const call of synthetic) add(call, false);
    if (synthesised && synthetic.length === 0 && listed === null) {
      unreached.push({
        ruleId: rule.id,
        object: routine.signature,
        reason: 'No value could be made up for the types of its arguments.',
      });
    }
    for (const params of listed?.calls ?? []) {
      const made = listedCall(routine, parameters, types, params, values);
      if (!made.ok) unreached.push({ ruleId: rule.id, object: routine.signature, reason: made.reason });
      // A procedure returns no rows that could be compared.
      else if (routine.prokind !== 'p') add(made.call, true);
    }
  }
  return { observables, unreached };
}

/** The application's queries for one subject. */
export function observableQueries(run: RunInput, { dependencies }: Plan, values: Values): Asked {
  const observables: Observable[] = [];
  const unreached: Unreached[] = [];
  for (const { path, sql, params } of run.queries ?? []) {
    const object = `query:${path}`;
    const resolved = resolveParams(params, values);
    if (!resolved.ok) {
      unreached.push({ ruleId: noninterference.id, object, reason: resolved.reason });
      continue;
    }
    observables.push({
      object,
      kind: 'query',
      rule: noninterference,
      reach: dependencies.ofQuery(sql),
      // To what is foreign, no row is the right answer.
      suspect: !params.some((param) => param.kind !== 'literal' && param.whose === 'foreign'),
      // The newline ends a comment that the query may end with.
      from: `(${sql}\n) t`,
      values: resolved.values,
      row: 'row(t.*)',
      mayWrite: false,
      call: null,
      obstacle: arbitraryRows(sql),
    });
  }
  return { observables, unreached };
}
