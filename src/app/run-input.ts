import type pg from 'pg';
import { nameOf } from '../catalog/lookup.ts';
import { RowhouseError } from '../domain/errors.ts';
import type { FunctionModel } from '../model/model.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import type { ListedCalls } from '../probe/asked.ts';
import { mayUseBlocks } from '../probe/block.ts';
import type { RunInput } from '../probe/input.ts';
import type { Login } from '../probe/login/login.ts';
import { presetsOf, settablePresets, settingsOf } from '../probe/login/presets.ts';
import { readPrivileges } from '../probe/privileges.ts';
import { attempt, ProbeSession } from '../probe/session.ts';
import { targetsOf } from '../probe/target.ts';
import { formatQualified } from '../sql/ident.ts';
import type { SubjectChoice } from './select-subjects.ts';
import type { VerifyOptions } from './verify-options.ts';

/** What the runs of all app roles have in common. */
export interface Surroundings extends Pick<RunInput, 'intent' | 'snapshot' | 'limits' | 'timeLimit' | 'tally'> {
  readonly client: pg.ClientBase;
  readonly truthRole: string;
  readonly login: Login | null;
  /** Further connections on the same snapshot. */
  readonly helpers: readonly pg.ClientBase[];
  readonly subjects: SubjectChoice;
  /** Whether writes are tried in the open transaction, since no other sees its rows. */
  readonly writesHere: boolean;
  /** Settings that bound every statement. */
  readonly bounds: SessionSettings;
  readonly progress: RunInput['progress'];
}

/**
 * What the probes of one app role work with, read in the open transaction.
 *
 * @throws RowhouseError `cannot-become-app`, `unknown-tenant`
 */
export async function runInput(appRole: string, surroundings: Surroundings, options: VerifyOptions): Promise<RunInput> {
  const { client, truthRole, intent, snapshot, subjects, bounds, limits, timeLimit } = surroundings;
  const limitMs = () => timeLimit.statementMs(limits.statementTimeoutMs);
  const plain = new ProbeSession(client, truthRole, appRole);
  await checkBecoming(plain);
  const login = surroundings.login?.roles.includes(appRole) ? surroundings.login : null;
  const presets = await settablePresets(presetsOf(snapshot, login?.user ?? appRole), async ({ name, value }) => {
    return (await plain.truth('select pg_catalog.set_config($1, $2, true)', [name, value])).ok;
  });
  const session = new ProbeSession(client, truthRole, appRole, presets, login, limitMs);
  const privileges = await readPrivileges(client, snapshot, appRole);
  const targets = targetsOf(intent, snapshot, privileges);
  const modelled = new Set(targets.map(({ relation }) => relation.oid));
  const { relations, membership = false, contextOf } = options;
  const outOfReach = new Set(options.outOfReach?.map(({ object }) => object));
  const isWanted = (name: string): boolean => !outOfReach.has(name) && (relations?.includes(name) ?? true);
  return {
    session,
    intent,
    snapshot,
    privileges,
    targets: targets.filter(({ name }) => isWanted(name)),
    unmodelled: snapshot.relations.filter(
      (relation) => !modelled.has(relation.oid) && isWanted(formatQualified(nameOf(relation))),
    ),
    unmanaged: new Set(options.unmanaged?.map(({ schema }) => schema)),
    subjects: await subjects.of(session, targets),
    membership,
    noun: membership ? 'user' : 'tenant',
    contextOf: (subject) => Object.fromEntries(contextOf(subject).map(({ setting, value }) => [setting, value])),
    queries: relations && options.calls !== true ? null : (options.queries ?? []),
    listedCalls: relations ? [] : await listedCalls(session, options.functions ?? []),
    // They would read as SET ROLE makes the role.
    helpers: login
      ? []
      : surroundings.helpers.map((helper) => new ProbeSession(helper, truthRole, appRole, presets, null, limitMs)),
    writesHere: surroundings.writesHere,
    connect: options.connect,
    blocks: await mayUseBlocks(session),
    limits,
    timeLimit,
    writeSettings: { ...settingsOf(presets), ...bounds, ...(await quietSettings(session)) },
    tally: surroundings.tally,
    progress: surroundings.progress,
    estimate: (estimate) => options.onEstimate?.(estimate),
  };
}

async function checkBecoming(session: ProbeSession): Promise<void> {
  const become = await attempt(() => session.asApp({}, () => Promise.resolve()));
  if (become.ok) return;
  const { truthRole, appRole } = session;
  throw new RowhouseError(
    'database',
    'cannot-become-app',
    `${truthRole} cannot become ${appRole}: ${become.failure.message}.`,
    { hint: `Connect as a superuser, or as a role with BYPASSRLS that is a member of ${appRole}.` },
  );
}

/** Without triggers and foreign keys a refused write means a policy; only a role that may set this gets it. */
async function quietSettings(session: ProbeSession): Promise<SessionSettings> {
  const quiet = await session.truth(`select pg_catalog.set_config('session_replication_role', 'replica', true)`);
  return quiet.ok ? { session_replication_role: 'replica' } : {};
}

async function listedCalls(
  session: ProbeSession,
  functions: readonly Pick<FunctionModel, 'signature' | 'calls'>[],
): Promise<readonly ListedCalls[]> {
  const listed: ListedCalls[] = [];
  for (const { signature, calls } of functions) {
    const sql = 'select pg_catalog.to_regprocedure($1)::pg_catalog.oid as oid';
    const found = await session.truth<{ oid: number | null }>(sql, [signature]);
    listed.push({ signature, calls, oid: found.ok ? (found.value[0]?.oid ?? null) : null });
  }
  return listed;
}
