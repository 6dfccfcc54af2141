import { mayUse, type RelationAccess } from '../access/matrix.ts';
import type { Command } from '../access/policies.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { passes } from './passes.ts';
import { printedPlace, type Reader } from './scope.ts';
import type { Row, Term } from './term.ts';

/** What a role writes rows of a table through: the table itself, or a view of it. */
export interface Target {
  /** The table that the rows are in. */
  readonly table: Relation;
  /** What the columns of the table are called in it, of those that it has as they are. */
  readonly called: ReadonlyMap<string, string>;
  /** The columns of the table that can be set through it. */
  readonly settable: Readonly<Record<'INSERT' | 'UPDATE', readonly string[]>>;
  mayUse(command: Command): boolean;
  /** The condition under which a row that is there can be had (`using`), or a new one be made (`check`). */
  passes(command: Command, part: 'using' | 'check', row: Row): Term;
}

export function tableTarget(reader: Reader, access: RelationAccess, role: string): Target {
  return {
    table: access.relation,
    called: new Map(access.relation.columns.map(({ attname }) => [attname, attname])),
    settable: access.privileges.columns,
    mayUse: (command) => mayUse(access, command),
    passes: (command, part, row) => passes(reader, access, printedPlace(role), { command, part, row }),
  };
}
