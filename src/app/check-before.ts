import { prepareLedger } from '../migrate/engine.ts';
import type { SqlFile } from '../migrate/sql-file.ts';
import type { Session } from '../postgres/session.ts';
import type { RunRequest } from './run.ts';

/**
 * Makes the checks that matter before files run. Where there is nothing to do nothing is asked, and not even loaded.
 *
 * @throws RowhouseError `preflight-refused`, before anything has changed
 */
export async function checkBefore(
  request: Pick<RunRequest, 'skipChecks' | 'onEvent'>,
  session: Session,
  files: readonly SqlFile[],
): Promise<void> {
  if (files.length === 0) return;
  prepareLedger();
  const { runChecks } = await import('./run-checks.ts');
  await runChecks(request, session, files);
}
