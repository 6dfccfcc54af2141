import { nameOf } from '../catalog/lookup.ts';
import type { Routine } from '../catalog/snapshot.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { readVisible } from './difference.ts';
import { differingPair } from './differing-pair.ts';
import { emptyFingerprint, type Fingerprint, sameFingerprint } from './fingerprint.ts';
import { Dependencies } from './functions/dependencies.ts';
import type { RunInput } from './input.ts';
import { attempt, describeFailure, isEnvironmental, type ProbeSession } from './session.ts';
import type { Target } from './target.ts';

/** A session that worked for one subject, and then sees what it would not see without that. */
export interface Kept {
  readonly before: string;
  /** Whom it works for then; null where for nobody. */
  readonly next: string | null;
  /** What was done to the context: `is rolled back with a savepoint`. */
  readonly change: string;
  readonly rows: bigint;
}

export interface AfterwardsOfTarget {
  readonly target: Target;
  readonly checks: number;
  readonly kept: readonly Kept[];
  readonly obstacles: readonly string[];
}

/** What a helper function may use to remember something until the end of the transaction, or of the session. */
const remembers =
  /\b(set_config|insert|update|create|execute|prepare|nextval|setval|currval|lastval|\w*advisory\w*)\b/i;

/** A way from one context to the next, in one transaction. */
interface Change {
  readonly label: string;
  /** The context is taken back with a savepoint, and not set anew. */
  readonly undone: boolean;
  readonly reset: boolean;
}

const changes: readonly Change[] = [
  { label: 'is set anew', undone: false, reset: false },
  { label: 'is reset', undone: false, reset: true },
  { label: 'is rolled back with a savepoint', undone: true, reset: false },
];

/**
 * What sessions see after they have worked for another subject: the context is set anew, reset, or rolled back. Tried where policies
 * call a function that could remember one: the value of a setting itself, PostgreSQL takes back.
 */
export async function observeAfterwards(run: RunInput): Promise<readonly AfterwardsOfTarget[]> {
  const dependencies = new Dependencies(run.snapshot, Object.keys(run.contextOf('')));
  const observed: AfterwardsOfTarget[] = [];
  for (const target of run.targets) {
    if (target.identity.length === 0 || target.intent.tenancy === 'shared' || target.privileges.truthBound) continue;
    if (![...dependencies.ofRelation(target.relation).routines].some(mayRemember)) continue;
    run.progress(`${target.name} after another context`);
    observed.push(await observe(run, target));
  }
  return observed;
}

function mayRemember({ lanname, prosrc }: Routine): boolean {
  return !['sql', 'plpgsql'].includes(lanname) || remembers.test(prosrc);
}

async function observe(run: RunInput, target: Target): Promise<AfterwardsOfTarget> {
  const nobody = Object.fromEntries(Object.keys(run.contextOf('')).map((name) => [name, '']));
  // First of all: what outlives even a rollback would show here too.
  const without = await run.session.asApp(nobody, () => readVisible(run.session, target));
  const pair = await differingPair(run, target);
  // Where no two differ, or a policy fails, the comparison with the truth says so.
  if (pair === null) return { target, checks: 0, kept: [], obstacles: [] };
  const [before, after] = pair;
  const nexts = [
    { subject: after.subject, settings: run.contextOf(after.subject), expected: after.rows },
    // An error is as good as no row.
    { subject: null, settings: nobody, expected: without.ok ? without.value : emptyFingerprint },
  ];
  const kept: Kept[] = [];
  const obstacles: string[] = [];
  let checks = 0;
  for (const { subject: next, settings, expected } of nexts) {
    for (const change of changes) {
      // What it is reset to, the login has preset.
      if (change.reset && (next !== null || run.session.presets.length > 0)) continue;
      const seen = await readAfter(run, target, run.contextOf(before.subject), settings, change);
      if ('obstacle' in seen) obstacles.push(`After another context: ${seen.obstacle}.`);
      else {
        checks += 1;
        if (seen.rows === null || sameFingerprint(seen.rows, expected)) continue;
        kept.push({ before: before.subject, next, change: change.label, rows: seen.rows.rows });
      }
    }
  }
  return { target, checks, kept, obstacles };
}

/** What is seen under `next` after `before` had its turn; null where a policy refuses. */
async function readAfter(
  { session }: RunInput,
  target: Target,
  before: SessionSettings,
  next: SessionSettings,
  { undone, reset }: Change,
): Promise<{ readonly rows: Fingerprint | null } | { readonly obstacle: string }> {
  const result = await attempt(() =>
    session.asApp(undone ? next : before, async () => {
      const { current } = session;
      if (undone) await current.query('savepoint rowhouse_before');
      if (undone) await set(session, before);
      // Not behind a savepoint of its own, which would take back what is remembered.
      await current.query(`select pg_catalog.count(*) from ${quoteQualified(nameOf(target.relation))}`);
      if (undone) await current.query('rollback to savepoint rowhouse_before');
      else if (reset) for (const name of Object.keys(next)) await current.query(`reset ${settingName(name)}`);
      else await set(session, next);
      const seen = await readVisible(session, target);
      return seen.ok || isEnvironmental(seen.failure) ? seen : { ok: true as const, value: null };
    }),
  );
  const seen = result.ok ? result.value : result;
  return seen.ok ? { rows: seen.value } : { obstacle: describeFailure(seen.failure) };
}

async function set({ current }: ProbeSession, settings: SessionSettings): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await current.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
  }
}

function settingName(name: string): string {
  return name.split('.').map(quoteIdent).join('.');
}
