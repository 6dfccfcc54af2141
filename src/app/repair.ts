import { createTwoFilesPatch } from 'diff';
import { acceptBackfill, type StartedBackfill } from '../migrate/progress.ts';
import { recordRepair } from '../migrate/run-file.ts';
import type { SqlFile } from '../migrate/sql-file.ts';
import { withReadOnlySession, readSituation, withRun, type RunRequest, type Situation } from './run.ts';
import { loadMigrations } from '../migrate/project.ts';

/** A file that is applied, or a backfill that has begun, whose text has changed since. */
export interface EditedFile {
  /** Relative to the project. */
  readonly path: string;
  /** From the text as it was applied to the text as it is, as a unified diff. */
  readonly difference: string;
}

/** Which applied files were edited, and how. Reads only. */
export async function findEdited(request: Pick<RunRequest, 'project' | 'connection'>): Promise<readonly EditedFile[]> {
  const migrations = await loadMigrations(request.project.directory);
  return withReadOnlySession(request.connection, 'repair', async ({ client }) =>
    editedFiles(await readSituation(client, migrations)),
  );
}

/**
 * Accepts the present text of the edited files among `paths`: the database stays as it is.
 *
 * @returns what was accepted
 */
export async function repair(request: RunRequest, paths: readonly string[]): Promise<readonly string[]> {
  return withRun(request, 'repair', async (run, situation) => {
    const { entries } = situation;
    const applied = entries.filter((entry) => entry.state === 'edited' && paths.includes(`migrations/${entry.id}.sql`));
    for (const { migration } of applied) if (migration) await recordRepair(run, migration);
    const begun = editedBackfills(situation).filter(({ file }) => paths.includes(file.path));
    for (const { backfill, file } of begun)
      await acceptBackfill(run.session.client, { ...backfill, source: file.source });
    return [...applied.map(({ id }) => `migrations/${id}.sql`), ...begun.map(({ file }) => file.path)];
  });
}

function editedFiles(situation: Situation): EditedFile[] {
  const applied = situation.entries.flatMap(({ id, state, migration }) => {
    const before = situation.recorded.files.get(id);
    return state === 'edited' && migration && before ? difference(migration.up, before.source, 'as applied') : [];
  });
  const begun = editedBackfills(situation).map(({ backfill, file }) => difference(file, backfill.source, 'as begun'));
  return [...applied, ...begun];
}

function editedBackfills({ entries, recorded }: Situation): { backfill: StartedBackfill; file: SqlFile }[] {
  return recorded.backfills.flatMap((backfill) => {
    const migration = entries.find((entry) => entry.id === backfill.name)?.migration;
    const file = backfill.direction === 'up' ? migration?.up : migration?.down;
    return file && file.source !== backfill.source ? { backfill, file } : [];
  });
}

function difference({ path, source }: SqlFile, before: string, when: string): EditedFile {
  return { path, difference: createTwoFilesPatch(path, path, before, source, when, 'now') };
}
