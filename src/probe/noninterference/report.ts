import type { Rule } from '../../domain/rule.ts';
import type { ProbeRun } from '../run.ts';
import { plural } from '../wording.ts';
import type { Leak } from './explain.ts';
import type { Observation } from './observe.ts';

/** Reports what the observations say of one rule. */
export async function reportInterference(run: ProbeRun, rule: Rule): Promise<void> {
  const { leaks, unreached, checks, answered } = await run.interference();
  run.tally.check(checks.get(rule.id) ?? 0);
  for (const object of answered) run.tally.answered(object);
  for (const { ruleId, object, reason, denied = false } of unreached) {
    if (ruleId !== rule.id) continue;
    if (denied) run.tally.denied(object, rule.id, object, reason);
    else run.tally.inconclusive(rule.id, object, reason);
  }
  for (const leak of leaks) {
    if (leak.observable.rule.id !== rule.id) continue;
    run.tally.check();
    run.tally.find(rule, {
      object: leak.observable.object,
      message: messageOf(run.noun, leak),
      ...(leak.acquainted && { severity: 'info' as const }),
      evidence: { role: run.session.appRole, ...evidenceOf(leak) },
    });
  }
}

function messageOf(noun: string, leak: Leak): string {
  const { observable, subject, disturbance, before, after, tables, owners, acquainted } = leak;
  const who = subject === null ? 'a session without a context' : `${noun} ${subject}`;
  const verbs = { relation: 'sees through', function: 'gets from', query: 'gets from' };
  const others = acquainted ? `${noun}s whom it meets in a tenant` : `other ${noun}s`;
  const whose = owners.length === 1 ? `${noun} ${owners[0] ?? ''}` : others;
  const where = tables.length > 0 && tables.length <= 3 ? ` in ${tables.join(', ')}` : '';
  return `what ${who} ${verbs[observable.kind]} ${observable.object} ${changeOf(before, after)} when rows of ${whose}${where} ${disturbance.label}`;
}

function changeOf(before: Observation, after: Observation): string {
  if (!before.ok && !after.ok) return 'changed from one error to another';
  const [from, to] = [describe(before), describe(after)];
  return from === to ? `changed (${from} before and after)` : `changed from ${from} to ${to}`;
}

function describe(observation: Observation): string {
  if (!observation.ok) return `an error (SQLSTATE ${observation.failure.sqlstate})`;
  return plural(Number(observation.rows.rows), 'row');
}

function evidenceOf({ observable, subject, disturbance, before, after, tables, owners, gone, come }: Leak) {
  return {
    subject,
    ...(observable.call !== null && { call: observable.call }),
    rowsOfOthers: disturbance.label,
    tables,
    owners,
    before: summary(before, gone),
    after: summary(after, come),
  };
}

function summary(observation: Observation, only: readonly string[]): Record<string, unknown> {
  return observation.ok
    ? { rows: Number(observation.rows.rows), only }
    : { error: observation.failure.message, sqlstate: observation.failure.sqlstate };
}
