import { RowhouseError } from '../domain/errors.ts';
import { recordBaseline } from '../migrate/run-file.ts';
import type { Migration } from '../migrate/project.ts';
import { assertNoDrift, selectUp } from '../migrate/state.ts';
import { withRun, type RunRequest } from './run.ts';

/**
 * Records the pending files up to `to` as applied without running them: for a database that has them already.
 *
 * @returns what was recorded
 * @throws RowhouseError where nothing is pending up to there, or a file is half done
 */
export async function baseline(request: RunRequest, to: string): Promise<readonly Migration[]> {
  return withRun(request, 'baseline', async (run, { entries, recorded }) => {
    assertNoDrift(entries);
    const files = selectUp(entries, { to });
    const begun = files.find((file) => recorded.partial.has(file.id));
    if (begun) {
      throw new RowhouseError('usage', 'half-done', `${begun.up.path} is half done; nothing was recorded.`, {
        hint: 'Finish it with `rowhouse migrate`, or undo it with `rowhouse rollback`.',
      });
    }
    if (files.length > 0) await recordBaseline(run, files);
    return files;
  });
}
