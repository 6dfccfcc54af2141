import { randomUUID } from 'node:crypto';
import { findColumn, findRelation, foreignKeysOf } from '../../catalog/lookup.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import type { Material, Row } from './material.ts';
import { insertStatement } from './statements.ts';
import type { Statement } from './transaction.ts';

/**
 * Where anyone may add a tenant, what is left to refuse is one in another user's name: a new tenant of its own kind, whose
 * user is somebody else. None where the model names no user.
 */
export function foreignSignups(
  run: RunInput,
  target: Target,
  subject: string,
  { own, foreign }: Material,
): readonly Statement[] {
  const { userColumn } = target.intent;
  if (userColumn === null) return [];
  const victim = foreign.map(({ row }) => row[userColumn]).find((user) => user && user !== subject);
  if (!victim) return [];
  return [...own, ...foreign].map(({ row }) =>
    insertStatement(run, target, row, { ...newKeys(run, target, row), [userColumn]: victim }),
  );
}

/** Values that no row has, for the unique columns of a copy that point at nothing. */
function newKeys({ snapshot }: RunInput, target: Target, row: Row): Row {
  const base = findRelation(snapshot, target.truth.from);
  if (base === undefined) return {};
  const pointers = new Set(foreignKeysOf(snapshot, base).flatMap(({ columns }) => columns));
  const unique = snapshot.indexes
    .filter(({ indrelid, indisunique }) => indrelid === base.oid && indisunique)
    .flatMap(({ columns }) => columns.filter((column) => column !== null));
  return Object.fromEntries(
    [...new Set(unique)].flatMap((name) => {
      const value = newValue(findColumn(base, name)?.type ?? '');
      return value === null || pointers.has(name) || (row[name] ?? null) === null ? [] : [[name, value] as const];
    }),
  );
}

function newValue(type: string): string | null {
  if (type === 'uuid') return randomUUID();
  if (type === 'text' || type.startsWith('character varying')) return `rowhouse-${randomUUID().slice(0, 8)}`;
  return type === 'integer' || type === 'bigint' ? '2147480001' : null;
}
