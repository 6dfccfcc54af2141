import { nameOf } from '../../catalog/lookup.ts';
import type { Column } from '../../catalog/snapshot.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { type Row, storedColumns } from './material.ts';
import type { Statement } from './transaction.ts';

const everywhere: Statement = { sql: '', values: [] };

/**
 * An UPDATE that reads no column: the policies for SELECT do not apply to it, those for UPDATE alone do.
 * With a row it is held to that row's key, and the policies for SELECT apply too.
 */
export function updateStatement(target: Target, changes: Row, row?: Row): Statement {
  const columns = Object.keys(changes);
  const where = row ? byKey(target, row, columns.length + 1) : everywhere;
  const set = columns.map((column, index) => `${quoteIdent(column)} = $${index + 1}`).join(', ');
  return {
    sql: `update ${quoteQualified(nameOf(target.relation))} set ${set}${where.sql && ` where ${where.sql}`}`,
    values: [...Object.values(changes), ...where.values],
  };
}

/** A DELETE of everything that the policies let it reach, or of one row. */
export function deleteStatement(target: Target, row?: Row): Statement {
  const where = row ? byKey(target, row, 1) : everywhere;
  return {
    sql: `delete from ${quoteQualified(nameOf(target.relation))}${where.sql && ` where ${where.sql}`}`,
    values: where.values,
  };
}

/** An INSERT of a copy of `row`, with some columns changed. It reads nothing back: RETURNING would add the policies for SELECT. */
export function insertStatement(run: RunInput, target: Target, row: Row, changes: Row = {}): Statement {
  const columns = insertableColumns(run, target);
  const overriding = columns.some(({ attidentity }) => attidentity === 'a') ? ' overriding system value' : '';
  const names = columns.map(({ attname }) => quoteIdent(attname)).join(', ');
  const values = columns.map((_, index) => `$${index + 1}`).join(', ');
  const copy = { ...row, ...changes };
  return {
    sql: `insert into ${quoteQualified(nameOf(target.relation))} (${names})${overriding} values (${values})`,
    values: columns.map(({ attname }) => copy[attname] ?? null),
  };
}

/** The columns that an INSERT of the app role can give a value. */
export function insertableColumns(run: RunInput, target: Target): readonly Column[] {
  return storedColumns(run, target).filter(
    ({ attname, attgenerated }) => attgenerated === '' && target.privileges.insert.includes(attname),
  );
}

/** The condition that holds for one row, its parameters from `$first` on. */
export function byKey(target: Target, row: Row, first: number, alias?: string): Statement {
  const prefix = alias === undefined ? '' : `${alias}.`;
  const conditions = target.identity.map((column, index) => `${prefix}${quoteIdent(column)} = $${first + index}`);
  return { sql: conditions.join(' and '), values: target.identity.map((column) => row[column] ?? null) };
}
