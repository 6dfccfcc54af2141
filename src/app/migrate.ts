import { RowhouseError } from '../domain/errors.ts';
import { loadMigrations, type Migration } from '../migrate/project.ts';
import { runMigration } from '../migrate/run-file.ts';
import { assertNoDrift, selectUp, type Selection } from '../migrate/state.ts';
import type { Session } from '../postgres/session.ts';
import type { Model } from '../model/model.ts';
import { checkBefore } from './check-before.ts';
import { assertAttributed } from './readiness.ts';
import {
  assertNoHalfRollback,
  assertRunnable,
  readSituation,
  withReadOnlySession,
  withCheckedRun,
  type RunRequest,
  type Situation,
} from './run.ts';

/**
 * Applies the pending files, in order.
 *
 * @returns what was applied
 * @throws RowhouseError after the first file that fails; the ones before it stay applied
 */
export async function migrate(request: RunRequest, selection: Selection): Promise<readonly Migration[]> {
  const look = async (session: Session, situation: Situation) => {
    const pending = prepare(situation, selection);
    await assertAppIsBound(session.client, request.project.model);
    await checkBefore(
      request,
      session,
      pending.map(({ up }) => up),
    );
    return pending;
  };
  return withCheckedRun(request, 'migrate', look, async (run, pending) => {
    run.onEvent({ type: 'planned', names: pending.map((migration) => migration.id) });
    const contract = pending.filter(({ phase }) => phase === 'contract');
    for (const [at, migration] of pending.entries()) {
      if (migration === contract[0]) await assertAttributed(run.session.client, request.project.model, contract);
      await run.backfills.begin(pending.slice(at));
      const next = pending[at + 1];
      await runMigration(run, migration, 'up', { next: next === contract[0] ? undefined : next });
    }
    return pending;
  });
}

/** What `migrate` would apply. Connects read-only and writes nothing. */
export async function planMigrate(
  request: Pick<RunRequest, 'project' | 'connection'>,
  selection: Selection,
): Promise<readonly Migration[]> {
  const migrations = await loadMigrations(request.project.directory);
  return withReadOnlySession(request.connection, 'migrate --dry-run', async ({ client }) =>
    prepare(await readSituation(client, migrations), selection),
  );
}

/** Everything that can be known to be wrong is, before the first statement runs. */
function prepare(situation: Situation, selection: Selection): readonly Migration[] {
  assertNoDrift(situation.entries);
  assertNoHalfRollback(situation);
  const pending = selectUp(situation.entries, selection);
  assertRunnable(pending.map((migration) => migration.up));
  return pending;
}

/** Policies bind neither a superuser nor BYPASSRLS: to install them for such a role would be a wall of air. */
async function assertAppIsBound(client: Session['client'], model: Model): Promise<void> {
  const { rows } = await client.query<{ rolname: string; rolsuper: boolean }>(
    `select r.rolname, r.rolsuper
       from pg_catalog.pg_roles as r
      where r.rolname = any ($1::text[]) and (r.rolsuper or r.rolbypassrls)
      order by r.rolname`,
    [model.roles.app],
  );
  const role = rows[0];
  if (!role) return;
  const attribute = role.rolsuper ? 'a superuser' : 'BYPASSRLS';
  throw new RowhouseError(
    'configuration',
    'app-role-bypasses-rls',
    `The app role ${role.rolname} is ${attribute}: no policy binds it; nothing was run.`,
    {
      hint: `Name another role under roles.app in ${model.path}, or \`alter role\` it to nosuperuser nobypassrls.`,
    },
  );
}
