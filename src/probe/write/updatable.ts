import type { RunInput } from '../input.ts';
import { type Attempt, attempt } from '../session.ts';
import type { Target } from '../target.ts';
import { scratch } from './transaction.ts';

/** The commands that PostgreSQL can carry out on a relation, whoever asks. */
export type Updatable = Readonly<Record<'insert' | 'update' | 'delete', boolean>>;

/** The bits of `pg_relation_is_updatable`: 1 << CmdType. */
const bits = { update: 4, insert: 8, delete: 16 } as const;

/** All for a table; for a view what its definition and its triggers allow. Looking into a view locks what it reads. */
export async function readUpdatable(run: RunInput, { relation }: Target): Promise<Attempt<Updatable>> {
  if (relation.relkind !== 'v') return { ok: true, value: { insert: true, update: true, delete: true } };
  return await scratch(run, () =>
    attempt(async () => {
      const { rows } = await run.session.client.query<{ mask: number }>(
        'select pg_catalog.pg_relation_is_updatable($1::pg_catalog.oid, true) as mask',
        [relation.oid],
      );
      const has = (bit: number): boolean => ((rows[0]?.mask ?? 0) & bit) !== 0;
      return { insert: has(bits.insert), update: has(bits.update), delete: has(bits.delete) };
    }),
  );
}
