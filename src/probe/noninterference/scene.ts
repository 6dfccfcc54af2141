import { type SessionSettings, undone } from '../../postgres/impersonate.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { readValues } from '../functions/values.ts';
import type { RunInput } from '../input.ts';
import { describeFailure, isEnvironmental } from '../session.ts';
import { observableCalls, observableQueries } from './calls.ts';
import { change, type Disturbance, ownRemoval, removal } from './disturb.ts';
import { type Difference, explain } from './explain.ts';
import type { Ledger } from './ledger.ts';
import { inRefreshOrder, refresh } from './matviews.ts';
import type { Observable } from './observable.ts';
import { isOfOrderAlone } from './order.ts';
import { observeAll, type Observation, type Observations, sameObservation } from './observe.ts';
import type { Plan } from './plan.ts';
import { acquaintances, type Affected, findAffected } from './tables.ts';

/** Observes what one subject sees, in the open transaction; null is a session without a context. */
export async function observeScene(run: RunInput, plan: Plan, subject: string | null, ledger: Ledger): Promise<void> {
  const settings = subject === null ? {} : run.contextOf(subject);
  const asked = await askedBy(run, plan, subject, ledger);
  const matviews = inRefreshOrder(run, new Set(asked.flatMap(({ reach }) => [...reach.relations])));
  const scene: Scene = { run, subject, settings, matviews, ledger };
  const before = await observeStable(scene, asked);
  const { affected, failures } = await findAffected(run, plan.tables, subject);
  ledger.affected(affected, failures);
  for (const rows of [affected, acquaintances(affected)]) {
    if (rows.length === 0) continue;
    for (const disturbance of [removal, change]) {
      const differences = await observeDisturbed(scene, before, disturbance, rows);
      for (const difference of differences) {
        const { observable } = difference;
        if (ledger.hasLeak(observable)) continue;
        if (await isOfOrderAlone(run, settings, difference, affected, matviews)) {
          ledger.obstacle(observable, tied);
          continue;
        }
        const leak = await explain(run, settings, difference, rows, matviews);
        ledger.leak(rows === affected ? leak : { ...leak, acquainted: true });
      }
    }
  }
  const varied = subject === null ? [] : await observeDisturbed(scene, before, ownRemoval, affected);
  ledger.answered(before, new Set(varied.map(({ observable }) => observable)));
}

const tied =
  'Its answer changes with the order in which rows are stored: an ORDER BY that leaves ties, or none, says which rows it takes.';

interface Scene {
  readonly run: RunInput;
  readonly subject: string | null;
  readonly settings: SessionSettings;
  readonly matviews: readonly Relation[];
  readonly ledger: Ledger;
}

/** What has not been found to leak yet, with the arguments of this subject. */
async function askedBy(
  run: RunInput,
  plan: Plan,
  subject: string | null,
  ledger: Ledger,
): Promise<readonly Observable[]> {
  const values = await readValues(run, plan.tables, subject);
  const calls = observableCalls(run, plan, values);
  const queries = observableQueries(run, plan, values);
  // Without a subject there is nothing of one's own to pass.
  if (subject !== null) ledger.unreached([...calls.unreached, ...queries.unreached]);
  return [...plan.relations, ...calls.observables, ...queries.observables].filter((one) => !ledger.hasLeak(one));
}

/** The answers as things are, twice: what is not the same then says nothing later. */
async function observeStable(
  { run, settings, matviews, ledger }: Scene,
  asked: readonly Observable[],
): Promise<Observations> {
  const stale = await refresh(run, matviews);
  const before = await observeAll(run, settings, asked);
  const again = await observeAll(run, settings, asked);
  const stable = new Map<Observable, Observation>();
  for (const [observable, first] of before) {
    const second = again.get(observable) ?? first;
    const [unfilled] = [...stale].filter(([oid]) => observable.reach.relations.has(oid)).map(([, reason]) => reason);
    const reason =
      observable.obstacle ??
      (unfilled === undefined ? null : `A materialized view that it reads could not be filled: ${unfilled}.`) ??
      environment(first) ??
      environment(second) ??
      (sameObservation(first, second) ? null : 'It answers differently without any change.');
    if (reason === null) stable.set(observable, first);
    else ledger.obstacle(observable, reason);
  }
  return stable;
}

/** The answers that are different after a disturbance, which is undone. */
async function observeDisturbed(
  { run, subject, settings, matviews, ledger }: Scene,
  before: Observations,
  disturbance: Disturbance,
  affected: readonly Affected[],
): Promise<readonly Difference[]> {
  const open = [...before.keys()].filter((observable) => !ledger.hasLeak(observable));
  const after = await undone(run.session.client, async () => {
    ledger.disturbed(disturbance, await disturbance.apply(run, affected, subject));
    await refresh(run, matviews);
    return await observeAll(run, settings, open);
  });
  return open.flatMap((observable) => {
    const [first, second] = [before.get(observable), after.get(observable)];
    if (first === undefined || second === undefined || sameObservation(first, second)) return [];
    // Without a context an error is as closed as no rows: which of the two comes depends on whether a policy was asked at all.
    if (subject === null && first.ok !== second.ok) return [];
    const reason = environment(second);
    if (reason === null) return [{ observable, subject, disturbance, before: first, after: second }];
    ledger.obstacle(observable, reason);
    return [];
  });
}

function environment(observation: Observation): string | null {
  if (observation.ok || !isEnvironmental(observation.failure)) return null;
  return `It came to no answer: ${describeFailure(observation.failure)}.`;
}
