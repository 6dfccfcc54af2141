import type { RunInput } from '../input.ts';
import { type Attempt, attempt } from '../session.ts';

/** Behind a savepoint that stays only where the body comes to something. */
export async function kept<T>(
  { session: { client } }: RunInput,
  body: () => Promise<T | null>,
): Promise<Attempt<T | null>> {
  await client.query('savepoint rowhouse_kept');
  const done = await attempt(body);
  const stays = done.ok && done.value !== null;
  await client.query(`${stays ? '' : 'rollback to savepoint rowhouse_kept; '}release savepoint rowhouse_kept`);
  return done;
}
