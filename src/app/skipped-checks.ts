import { RowhouseError } from '../domain/errors.ts';

/** The checks that somebody wants to skip. @throws RowhouseError `unknown-check` where one is none */
export async function skippedChecks(ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return ids;
  const { checks } = await import('../preflight/index.ts');
  const unknown = ids.find((id) => checks.every((check) => check.id !== id));
  if (unknown === undefined) return ids;
  throw new RowhouseError('usage', 'unknown-check', `There is no check ${unknown}.`, {
    hint: `One of: ${checks.map(({ id }) => id).join(', ')}.`,
  });
}
