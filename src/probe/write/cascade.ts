import { findColumn } from '../../catalog/lookup.ts';
import { assumeRole, assumeTruth, undone } from '../../postgres/impersonate.ts';
import type { RunInput } from '../input.ts';
import { attempt } from '../session.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import type { Row, Sample } from './material.ts';
import type { Reference } from './reference.ts';
import { deleteStatement, updateStatement } from './statements.ts';
import type { Statement } from './transaction.ts';
import { atPlace, placeValues } from './try.ts';

/** What the owner of a row did to it, by which a row that points at it was changed or deleted. */
export interface Cascade {
  readonly owner: string;
  readonly statement: string;
}

/** As the owner of the row that is pointed at: deletes it, or gives it another key, and looks whether the row that points there is still as it was. */
export async function cascades(
  run: RunInput,
  reference: Reference,
  parentRow: Sample,
  isThere: () => Promise<boolean>,
): Promise<Cascade | null> {
  const statements = statementsOn(reference, parentRow);
  if (statements.length === 0) return null;
  const owner = await ownerOf(run, reference, parentRow);
  if (owner === null) return null;
  const { client, appRole, truthRole } = run.session;
  for (const { sql, values } of statements) {
    const gone = await undone(client, () =>
      attempt(async () => {
        await assumeRole(client, appRole, run.contextOf(owner));
        const { rowCount } = await client.query(sql, [...values]);
        await client.query('set constraints all immediate');
        await assumeTruth(client, truthRole);
        return rowCount !== 0 && !(await isThere());
      }),
    );
    if (gone.ok && gone.value) return { owner, statement: sql };
  }
  return null;
}

/** Actions that reach the row that points: CASCADE, SET NULL, SET DEFAULT. */
const acting = 'cnd';

function statementsOn({ parent, pairs, onDelete, onUpdate }: Reference, { row }: Sample): readonly Statement[] {
  if (!parent.keyed) return [];
  const columns = pairs.map(({ parentColumn }) => parentColumn);
  const settable = columns.every((column) => parent.privileges.update.includes(column));
  const changed = acting.includes(onUpdate) && settable ? valuesOfNone(parent, columns) : null;
  return [
    ...(acting.includes(onDelete) && parent.privileges.delete ? [deleteStatement(parent, row)] : []),
    ...(changed === null ? [] : [updateStatement(parent, changed, row)]),
  ];
}

/** Ids that no row has, by type. */
const missing: Readonly<Record<string, string>> = {
  uuid: '5ca1ab1e-0000-4000-8000-000000000002',
  integer: '-2147483001',
  bigint: '-2147483001',
  smallint: '-32001',
  text: 'rowhouse-no-such-row',
};

/** Values for columns that no row has; null where a type has none that is known. */
export function valuesOfNone({ relation }: Target, columns: readonly string[]): Row | null {
  const values = columns.map((column) => [column, missing[findColumn(relation, column)?.type ?? ''] ?? null] as const);
  return values.some(([, value]) => value === null) ? null : Object.fromEntries(values);
}

/** Subjects that are asked whether a row is theirs. */
const asked = 20;

async function ownerOf(run: RunInput, { parent }: Reference, { row, place }: Sample): Promise<string | null> {
  const named = parent.truth.tenantColumn === null ? null : (row[parent.truth.tenantColumn] ?? null);
  if (!run.membership && named !== null && run.subjects.includes(named)) return named;
  for (const subject of run.subjects.slice(0, asked)) {
    const { rows } = await run.session.client.query<{ owns: boolean }>(
      `select exists (select ${truthRows(parent.truth, `not (${parent.truth.unwritable}) and ${atPlace(2)}`)}) as owns`,
      [subject, ...placeValues(place)],
    );
    if (rows[0]?.owns === true) return subject;
  }
  return null;
}
