import { RowhouseError } from '../domain/errors.ts';
import type { SqlFile } from '../migrate/sql-file.ts';
import { checks } from '../preflight/index.ts';
import { examine, type CheckResult } from '../preflight/examine.ts';
import { readFacts } from '../preflight/read-facts.ts';
import type { Session } from '../postgres/session.ts';
import { pendingWork } from './pending-work.ts';
import type { RunRequest } from './run.ts';

/**
 * Makes the checks that matter before files run: a few queries, whatever the files are.
 *
 * @throws RowhouseError `preflight-refused`, before anything has changed
 */
export async function runChecks(
  { skipChecks, onEvent }: Pick<RunRequest, 'skipChecks' | 'onEvent'>,
  { client }: Session,
  files: readonly SqlFile[],
): Promise<void> {
  const facts = await readFacts(client, { value: pendingWork(files) }, 'none');
  const before = checks.filter(({ beforeRun }) => beforeRun);
  const results = examine(facts, before, skipChecks);
  for (const { id, outcome, message } of results) {
    if (outcome !== 'ok' && outcome !== 'refused') onEvent({ type: 'preflight', id, outcome, message });
  }
  const refusals = results.filter(({ outcome }) => outcome === 'refused');
  if (refusals.length > 0) throw refusal(refusals);
}

/** All that stands against a run at once. */
function refusal(results: readonly CheckResult[]): RowhouseError {
  const lines = results.flatMap(({ id, message, details = [], advice, sql = [] }) => [
    `${id}: ${message}`,
    ...[...details, ...(advice === undefined ? [] : [advice]), ...sql].map((line) => `  ${line}`),
  ]);
  const ids = results.map(({ id }) => id).join(',');
  return new RowhouseError('database', 'preflight-refused', 'The database is not ready for this; nothing was run.', {
    detail: lines.join('\n'),
    hint: `\`rowhouse doctor\` says more; who knows better goes on with --skip-checks ${ids}.`,
  });
}
