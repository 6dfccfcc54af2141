import { createTwoFilesPatch } from 'diff';
import { recordRepair } from '../migrate/run-file.ts';
import { withReadOnlySession, readSituation, withRun, type RunRequest, type Situation } from './run.ts';
import { loadMigrations } from '../migrate/project.ts';

/** An applied file whose text has changed since. */
export interface EditedFile {
  readonly id: string;
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
 * Accepts the present text of the edited files among `ids`: the database stays as it is.
 *
 * @returns what was accepted
 */
export async function repair(request: RunRequest, ids: readonly string[]): Promise<readonly string[]> {
  return withRun(request, 'repair', async (run, { entries }) => {
    const accepted = entries.filter((entry) => entry.state === 'edited' && ids.includes(entry.id));
    for (const { migration } of accepted) if (migration) await recordRepair(run, migration);
    return accepted.map((entry) => entry.id);
  });
}

function editedFiles({ entries, recorded }: Situation): EditedFile[] {
  return entries.flatMap(({ id, state, migration }) => {
    const applied = recorded.files.get(id);
    if (state !== 'edited' || !migration || !applied) return [];
    const { path, source } = migration.up;
    return { id, difference: createTwoFilesPatch(path, path, applied.source, source, 'as applied', 'now') };
  });
}
