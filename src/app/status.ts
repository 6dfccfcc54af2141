import { loadMigrations } from '../migrate/project.ts';
import { readHistory, type HistoryEntry } from '../migrate/history.ts';
import type { Phase } from '../domain/phase.ts';
import type { EntryState } from '../migrate/state.ts';
import { lockHolder, type LockHolder } from '../postgres/advisory-lock.ts';
import { readSituation, withReadOnlySession, type RunRequest } from './run.ts';

/** One file and where it stands. */
export interface StatusEntry {
  readonly id: string;
  readonly state: EntryState;
  readonly phase: Phase | null;
  readonly tag: string | null;
  /** ISO 8601, in UTC. */
  readonly appliedAt: string | null;
}

export interface Status {
  readonly entries: readonly StatusEntry[];
  readonly pending: number;
  /** Files and database disagree about the past. */
  readonly drift: boolean;
  /** A run that is under way. */
  readonly running: LockHolder | null;
}

type ReadRequest = Pick<RunRequest, 'project' | 'connection'>;

/** Where every file stands in this database. Reads only. */
export async function status({ project, connection }: ReadRequest): Promise<Status> {
  const migrations = await loadMigrations(project.directory);
  return withReadOnlySession(connection, 'status', async ({ client }) => {
    const { entries } = await readSituation(client, migrations);
    const applied = new Map<string, string>();
    for (const row of await readHistory(client)) {
      if (row.outcome === 'done' && (row.direction === 'up' || row.direction === 'baseline')) {
        applied.set(row.name, row.finishedAt);
      }
    }
    const rows = entries.map(({ id, state, phase, migration }): StatusEntry => ({
      id,
      state,
      phase,
      tag: migration?.up.header.tag ?? null,
      appliedAt: state === 'applied' || state === 'edited' || state === 'deleted' ? (applied.get(id) ?? null) : null,
    }));
    return {
      entries: rows,
      pending: rows.filter((row) => row.state === 'pending' || row.state === 'partial').length,
      drift: rows.some((row) => row.state === 'edited' || row.state === 'deleted' || row.state === 'inserted'),
      running: await lockHolder(client),
    };
  });
}

/** What was done to this database, oldest first; the last `limit` rows. */
export function history(
  { connection }: Pick<RunRequest, 'connection'>,
  limit: number | null,
): Promise<readonly HistoryEntry[]> {
  return withReadOnlySession(connection, 'history', ({ client }) => readHistory(client, limit));
}
