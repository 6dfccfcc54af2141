import { sqlstate } from '../postgres/database-error.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { type Difference, findDifference, readVisible } from './difference.ts';
import { sameFingerprint } from './fingerprint.ts';
import type { RunInput, SubjectContext } from './input.ts';
import { type Preset, presetOf } from './login/presets.ts';
import { describeFailure, type Failure, isEnvironmental } from './session.ts';
import { nearly, subjectWithRows } from './loose.ts';
import type { Target } from './target.ts';
import { TimeLimitReached } from './time-limit.ts';
import { readTotals } from './truth.ts';

/** A word that is no id of any type; longer than no key can hold, and harmless in JSON. */
const garbage = 'rowhouse-no-such-subject';

/** A session that says nothing useful about whom it works for. */
export interface Contextless {
  /** As a finding says it: `is not set`. */
  readonly label: string;
  readonly settings: SessionSettings;
  /** Whether it may see what is shared with everyone, as a tenant that has left may. */
  readonly seesShared?: boolean;
  /** The id of a subject that there is not, where it names one. */
  readonly stranger?: string;
  /** Nothing has set it, and a login starts with it all the same. */
  readonly preset?: Preset | null;
}

/** Rows that such a session sees. */
export interface SeenWithout {
  readonly label: string;
  readonly rows: bigint;
  /** How they differ from the rows that are shared with everyone; null where they are exactly those. */
  readonly beyondShared: Difference | null;
  /** The setting of ALTER ROLE or ALTER DATABASE that made it the context. */
  readonly preset: Preset | null;
}

export interface ContextlessOfTarget {
  readonly target: Target;
  /** Sessions that came to an answer; an error of a policy is one: nothing was shown. */
  readonly closed: number;
  readonly seen: readonly SeenWithout[];
  /** Why there was no answer. */
  readonly obstacles: readonly string[];
}

/** A session that has set nothing, which may have a context all the same. */
export function untouched({ contextOf, session }: RunInput): Contextless {
  const presets = Object.keys(contextOf(garbage)).map((name) => presetOf(session.presets, name));
  const preset = presets.find((candidate) => candidate !== undefined && candidate.value !== '');
  return preset === undefined
    ? { label: 'is not set', settings: {} }
    : { label: `is preset to ${preset.value}`, settings: {}, preset };
}

/** An id of the subjects' own kind that none of them has. Where ids are any words, garbage is of their kind. */
function strangerAmong(subjects: readonly string[]): string | null {
  if (subjects.length === 0) return null;
  const areAll = (kind: RegExp): boolean => subjects.every((subject) => kind.test(subject));
  const candidates = areAll(/^\d+$/)
    ? ['2147483647', '2147483646']
    : areAll(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      ? ['5ca1ab1e-0000-4000-8000-000000000000', '5ca1ab1e-0000-4000-8000-000000000001']
      : [garbage];
  return candidates.find((candidate) => !subjects.includes(candidate)) ?? null;
}

/** The sessions that set the context to something that names nobody. */
export function uselessSessions(contextOf: SubjectContext, subjects: readonly string[]): readonly Contextless[] {
  const stranger = strangerAmong(subjects);
  const names = Object.keys(contextOf(garbage));
  const all = (value: string): SessionSettings => Object.fromEntries(names.map((name) => [name, value]));
  const sessions: readonly Contextless[] = [
    { label: 'is empty', settings: all('') },
    { label: 'names an empty id', settings: contextOf('') },
    // First what may see more: of equal settings, those that come first count.
    ...(stranger === null
      ? []
      : [{ label: `names nobody's id (${stranger})`, settings: contextOf(stranger), seesShared: true, stranger }]),
    { label: 'is garbage', settings: all(garbage) },
    { label: 'names an unknown id', settings: contextOf(garbage) },
  ];
  const distinct = new Map<string, Contextless>();
  for (const session of sessions) {
    const key = JSON.stringify(session.settings);
    if (!distinct.has(key)) distinct.set(key, session);
  }
  return [...distinct.values()];
}

/**
 * What the app role sees in a session that never had a context.
 * Ask before anything sets one in this session: once set, a setting reads '' and no longer NULL.
 */
export async function observeUnset(run: RunInput): Promise<readonly ContextlessOfTarget[]> {
  const touched = await alreadyTouched(run);
  if (touched === null) return await observe(run, [untouched(run)]);
  return contextTargets(run).map((target) => ({ target, closed: 0, seen: [], obstacles: [touched] }));
}

/** What the app role sees without a subject: `observed` before, and with every useless context. */
export async function observeContextless(
  run: RunInput,
  observed: readonly ContextlessOfTarget[],
): Promise<readonly ContextlessOfTarget[]> {
  const useless = await observe(run, uselessSessions(run.contextOf, run.subjects));
  return useless.map((now) => {
    const before = observed.find(({ target }) => target === now.target);
    return {
      target: now.target,
      closed: now.closed + (before?.closed ?? 0),
      seen: [...(before?.seen ?? []), ...now.seen],
      obstacles: [...(before?.obstacles ?? []), ...now.obstacles],
    };
  });
}

/** What the app role sees with contexts that are nearly a subject's id. */
export async function observeLoose(run: RunInput): Promise<readonly ContextlessOfTarget[]> {
  const known = new Set(run.subjects);
  const observed: ContextlessOfTarget[] = [];
  for (const target of contextTargets(run)) {
    const id = (await subjectWithRows(run, target)) ?? run.subjects.at(-1);
    if (id === undefined) continue;
    const other = run.subjects.find((subject) => subject !== id) ?? id;
    const sessions = nearly(id, other, known).map((value) => ({
      label: `is ${value}, which is nobody's id,`,
      settings: run.contextOf(value),
      seesShared: true,
    }));
    observed.push(...(await observe({ ...run, targets: [target] }, sessions)));
  }
  return observed;
}

/** Relations that are shared as a whole need no context. */
function contextTargets({ targets }: RunInput): readonly Target[] {
  return targets.filter(
    ({ identity, privileges, intent }) => identity.length > 0 && !privileges.truthBound && intent.tenancy !== 'shared',
  );
}

async function observe(run: RunInput, sessions: readonly Contextless[]): Promise<readonly ContextlessOfTarget[]> {
  const observed: ContextlessOfTarget[] = [];
  const targets = contextTargets(run);
  for (const [index, target] of targets.entries()) {
    run.progress(`${target.name} without a context`, index / targets.length);
    const into = { closed: 0, seen: [] as SeenWithout[], obstacles: [] as string[] };
    for (const session of sessions) {
      if (run.timeLimit.isOver()) {
        into.obstacles.push(new TimeLimitReached().message);
        break;
      }
      const outcome = await lookWithout(run, target, session);
      if ('obstacle' in outcome) into.obstacles.push(outcome.obstacle);
      else if (outcome.seen === null) into.closed += 1;
      else into.seen.push(outcome.seen);
      // The others would take as long: what shows no rows here has not shown that it hides them.
      if ('obstacle' in outcome && outcome.timedOut) break;
    }
    observed.push({ target, ...into });
  }
  return observed;
}

/** A setting with a value that no login of the app role starts with was set before: what a fresh session sees can no longer be tried. */
async function alreadyTouched({ session, contextOf }: RunInput): Promise<string | null> {
  for (const name of Object.keys(contextOf(garbage))) {
    const result = await session.asApp({}, () =>
      session.query<{ value: string | null }>('select pg_catalog.current_setting($1, true) as value', [name]),
    );
    const value = result.ok ? result.value[0]?.value : null;
    // Behind a pooler every session has '' that comes after another.
    if (value === '' && session.login !== null) continue;
    if (typeof value === 'string' && value !== presetOf(session.presets, name)?.value) {
      return `This session has had ${name} before and cannot show what a session without it sees: verify on a new connection.`;
    }
  }
  return null;
}

async function lookWithout(
  run: RunInput,
  target: Target,
  { label, settings, seesShared = false, preset = null }: Contextless,
): Promise<{ readonly seen: SeenWithout | null } | { readonly obstacle: string; readonly timedOut: boolean }> {
  const obstructed = (what: string, failure: Failure) => ({
    obstacle: `${what}: ${describeFailure(failure)}.`,
    timedOut: failure.sqlstate === sqlstate.queryCanceled,
  });
  const visible = await run.session.asApp(settings, () => readVisible(run.session, target));
  if (!visible.ok) {
    return isEnvironmental(visible.failure)
      ? obstructed(`With a context that ${label}`, visible.failure)
      : { seen: null };
  }
  const { rows } = visible.value;
  if (rows === 0n) return { seen: null };
  const truth = await readTotals(run.session, target);
  if (!truth.ok) return obstructed('The truth could not be read', truth.failure);
  if (sameFingerprint(visible.value, truth.value.shared)) {
    return { seen: seesShared ? null : { label, rows, beyondShared: null, preset } };
  }
  const comparison = { target, subject: '', settings, predicate: target.truth.shared };
  const found = await findDifference(
    run.session,
    comparison,
    rows > truth.value.shared.rows ? rows : truth.value.shared.rows,
  );
  if (!found.ok) return obstructed(`With a context that ${label}`, found.failure);
  const beyondShared = found.value.surplus.count > 0 ? found.value : null;
  return { seen: seesShared && beyondShared === null ? null : { label, rows, beyondShared, preset } };
}
