import { nameOf } from '../../catalog/lookup.ts';
import { policyImmutableContext as rule } from '../../domain/rules/policy-immutable-context.ts';
import { quoteQualified } from '../../sql/ident.ts';
import {
  type Fingerprint,
  fingerprintColumns,
  type FingerprintRow,
  parseFingerprint,
  sameFingerprint,
} from '../fingerprint.ts';
import { differingPair } from '../differing-pair.ts';
import type { RunInput } from '../input.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';
import { attempt, type Attempt, describeFailure } from '../session.ts';
import type { Target } from '../target.ts';
import { plural } from '../wording.ts';

const statement = 'rowhouse_prepared';

/** A statement that was prepared for one subject must show the next one its own rows. */
export const policyImmutableContext: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    if (mayFold(run)) {
      for (const target of run.targets) {
        if (target.identity.length === 0 || target.intent.tenancy === 'shared') continue;
        run.progress(`prepared statements on ${target.name}`);
        await judge(run, target);
      }
    } else await judgeSweeps(run);
    await judgeAfterwards(run);
  },
};

/** A plan outlives a context only where an IMMUTABLE function was evaluated for it; PostgreSQL's own read no setting. */
function mayFold({ snapshot }: RunInput): boolean {
  return snapshot.functions.some(({ provolatile }) => provolatile === 'i');
}

/** Without such a function something else may keep a context. All subjects have been asked by one plan already. */
async function judgeSweeps(run: ProbeRun): Promise<void> {
  for (const { target, stale } of await run.visibility()) {
    const [worst] = stale.kept;
    if (!worst) continue;
    run.tally.find(policyImmutableContext, {
      object: target.name,
      message: `${run.noun} ${worst.subject} sees other rows where the plan of the statement was made for another ${run.noun}`,
      evidence: { role: run.session.appRole, count: stale.count, subjects: stale.kept.map(({ subject }) => subject) },
    });
  }
}

/** A function may remember one, too. */
async function judgeAfterwards(run: ProbeRun): Promise<void> {
  for (const { target, checks, kept, obstacles } of await run.afterwards()) {
    run.tally.check(checks);
    for (const obstacle of obstacles) run.tally.inconclusive(rule.id, target.name, obstacle);
    const [worst] = kept.filter(({ next }) => next !== null);
    if (!worst) continue;
    run.tally.find(policyImmutableContext, {
      object: target.name,
      message: `after ${run.noun} ${worst.before}, when the context ${worst.change}, ${run.noun} ${worst.next} sees ${plural(Number(worst.rows), 'row')} that are not those that it sees otherwise`,
      help: 'What a policy calls has remembered whom the session worked for. Let it read the context each time, and keep nothing.',
      evidence: { role: run.session.appRole, kept: kept.map((one) => ({ ...one, rows: Number(one.rows) })) },
    });
  }
}

async function judge(run: RunInput, target: Target): Promise<void> {
  const pair = await differingPair(run, target);
  // Where no two differ, or a policy fails, the comparison with the truth says so.
  if (pair === null) return;
  const [before, after] = pair;
  const prepared = await readPrepared(run, target, before.subject, after.subject);
  if (!prepared.ok) {
    run.tally.inconclusive(rule.id, target.name, `Prepared statements: ${describeFailure(prepared.failure)}.`);
    return;
  }
  run.tally.check();
  if (sameFingerprint(prepared.value, after.rows)) return;
  run.tally.find(policyImmutableContext, {
    object: target.name,
    message: `a statement that was prepared for ${run.noun} ${before.subject} shows ${run.noun} ${after.subject} ${plural(Number(prepared.value.rows), 'row')} that are not those that it sees otherwise`,
    evidence: {
      role: run.session.appRole,
      preparedFor: before.subject,
      executedFor: after.subject,
      prepared: Number(prepared.value.rows),
      otherwise: Number(after.rows.rows),
      asBefore: sameFingerprint(prepared.value, before.rows),
    },
  });
}

/** A statement without parameters has one plan, made when it is first executed. */
async function readPrepared(
  run: RunInput,
  target: Target,
  before: string,
  after: string,
): Promise<Attempt<Fingerprint>> {
  const read = `select ${fingerprintColumns(target.hash)} from ${quoteQualified(nameOf(target.relation))} t`;
  const result = await attempt(() =>
    run.session.asApp(run.contextOf(before), async () => {
      const client = run.session.current;
      await client.query(`prepare ${statement} as ${read}; execute ${statement}`);
      for (const [name, value] of Object.entries(run.contextOf(after))) {
        await client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
      }
      return (await client.query<FingerprintRow>(`execute ${statement}`)).rows;
    }),
  );
  // A rollback keeps it.
  await run.session.asApp({}, () => run.session.query(`deallocate ${statement}`));
  return result.ok ? { ok: true, value: parseFingerprint(result.value[0]) } : result;
}
