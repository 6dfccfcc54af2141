import { LockRecorder, type RecordedLock } from '../migrate/lock-recorder.ts';
import type { Selection } from '../migrate/state.ts';
import { inCopy } from '../postgres/copy.ts';
import { migrate } from './migrate.ts';
import type { RunRequest } from './run.ts';

/**
 * Applies the pending files to a copy of the database, and tells which locks each statement took and for how long.
 * Times are those of a machine without other load and of a copy's cache: what matters is their order of magnitude.
 *
 * @throws RowhouseError `database-in-use` where no copy can be made, and all that `migrate` throws
 */
export async function lockReport(
  request: RunRequest,
  selection: Selection,
  log: (text: string) => void,
): Promise<readonly RecordedLock[]> {
  const recorder = new LockRecorder();
  const options = {
    applicationName: 'rowhouse migrate --lock-report',
    suffix: 'locks',
    hint: 'Point it at a restored backup that nobody is connected to.',
    log,
  };
  await inCopy(request.connection, options, (connection) =>
    migrate(
      {
        ...request,
        connection,
        watchStatement: recorder.watch,
        onEvent: (event) => {
          recorder.onEvent(event);
          request.onEvent(event);
        },
      },
      selection,
    ),
  );
  return recorder.locks;
}
