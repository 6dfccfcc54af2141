import type { MigrationRule } from '../rule.ts';
import { addedConstraintsOf, shown } from '../statements.ts';

export const exclusionConstraint: MigrationRule = {
  id: 'exclusion-constraint',
  severity: 'warning',
  summary: 'An exclusion constraint is added to a table that is in use.',
  help: 'Nobody reads or writes until its index is built, and PostgreSQL knows no way around that: neither NOT VALID nor USING INDEX. Add it while the table is small, in a window, or to a new table that takes over; then allow it here with the reason.',
  examples: [
    {
      bad: `alter table public.bookings
  add constraint bookings_apart exclude using gist (room with =, during with &&);`,
      good: `create table public.bookings (
  room integer,
  during tstzrange,
  constraint bookings_apart exclude using gist (room with =, during with &&)
);`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, constraint } of addedConstraintsOf(node)) {
      if (constraint.contype !== 'CONSTR_EXCLUSION' || schema.isNew(table, file)) continue;
      yield {
        about: `${shown(table)}.${constraint.conname ?? 'exclusion'}`,
        message: `${shown(table)} is locked against reads and writes until the index is built`,
      };
    }
  },
};
