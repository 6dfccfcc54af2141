import { quoteLiteral } from '../../sql/ident.ts';
import { dollarQuoted } from '../../sql/dollar-quoted.ts';
import { written } from '../../sql/written.ts';
import { missingRoles } from '../grants.ts';
import type { StepKind } from '../step.ts';

/** What marks a role as made by the plan's own file, so that its rollback drops no other. */
const mark = 'Made by a migration of Rowhouse';

/** The application's role, where there is none. */
export const roles: StepKind = {
  id: 'roles',
  phase: 'expand',
  run: 'transaction',
  does: `The application's role. It logs in, owns nothing, and has no password: whoever runs the server gives it one. Roles belong to
the whole cluster: one that is there stays as it is.`,
  locks: 'none on any table.',
  rows: 'none.',
  undoes: 'Drops the role that the migration made, unless something else in the cluster still needs it.',
  plan: (situation) => missingRoles(situation).map((role) => ({ table: null, up: [make(role)], down: [drop(role)] })),
};

function make(role: string): string {
  return `do ${dollarQuoted(`
begin
  if not exists (select from pg_catalog.pg_roles where rolname = ${quoteLiteral(role)}) then
    create role ${written(role)} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
    comment on role ${written(role)} is ${quoteLiteral(mark)};
  end if;
exception
  -- Another database of this cluster made it at this moment.
  when duplicate_object or unique_violation then null;
end
`)}`;
}

function drop(role: string): string {
  return `do ${dollarQuoted(`
begin
  if exists (
    select from pg_catalog.pg_roles
    where rolname = ${quoteLiteral(role)} and pg_catalog.shobj_description(oid, 'pg_authid') = ${quoteLiteral(mark)}
  ) then
    drop role ${written(role)};
  end if;
exception
  when dependent_objects_still_exist then
    raise notice 'The role stays: something else in the cluster uses it.';
end
`)}`;
}
