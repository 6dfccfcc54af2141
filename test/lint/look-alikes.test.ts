import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildLintWorld, isPossible } from './support.ts';

/** What looks like a leak of the rule and is none. */
interface LookAlike {
  readonly like: string;
  readonly name: string;
  readonly sql: string;
  readonly model?: string;
  readonly since?: number;
  readonly until?: number;
}

const lookAlikes: readonly LookAlike[] = [
  {
    like: 'rls-not-forced',
    name: 'the owner is a role that the app cannot become',
    sql: 'alter table app.notes no force row level security',
  },
  {
    like: 'role-bypasses-rls',
    name: 'a bypass role is a member of the app role',
    sql: 'grant app_user to etl_user',
  },
  {
    like: 'role-bypasses-rls',
    name: 'the exempt role is inherited and cannot be become',
    sql: 'grant etl_user to app_user with inherit true, set false',
    since: 16,
  },
  {
    like: 'role-bypasses-rls',
    name: 'a group that is bound',
    sql: 'create role app_group; grant app_group to app_user; grant pg_read_all_settings to app_user',
  },
  {
    like: 'role-can-become-owner',
    name: 'the owner is a member of the app role',
    sql: 'grant app_user to app_owner',
  },
  {
    like: 'role-can-become-owner',
    name: 'CREATEROLE reaches only roles that it was given',
    sql: 'alter role app_user createrole',
    since: 16,
  },
  {
    like: 'session-role-escape',
    name: 'an unprivileged login becomes the app role, and a privileged one may too',
    sql: `create role app_login login; grant app_user to app_login; alter role etl_user login; grant app_user to etl_user`,
  },
  {
    like: 'session-role-escape',
    name: 'the app role logs in itself',
    sql: 'alter role app_user login; alter role etl_user login; grant app_user to etl_user',
  },
  {
    like: 'role-can-create',
    name: 'a schema that the model does not know',
    sql: 'create schema scratch authorization app_user; create table scratch.t (id int); alter table scratch.t owner to app_user',
    model: 'tables: { scratch.t: { tenancy: none } }',
  },
  {
    like: 'default-privileges-open',
    name: 'sequences and functions, other schemas, other owners, trusted roles',
    sql: `create schema scratch; create role app_login;
      alter default privileges for role app_owner in schema app grant usage on sequences to app_user;
      alter default privileges for role app_owner grant execute on functions to app_user;
      alter default privileges for role app_owner in schema scratch grant select on tables to app_user;
      alter default privileges for role app_login in schema app grant select on tables to app_user;
      alter default privileges for role app_owner in schema app grant select on tables to etl_user`,
  },
  {
    like: 'truncate-granted',
    name: 'to another role, and on a table that all share',
    sql: 'grant truncate on app.notes to etl_user; grant truncate, trigger on app.countries to app_user',
  },
  {
    like: 'references-granted',
    name: 'without a schema to create tables in',
    sql: 'grant references on app.notes to app_user',
    // Before, everybody may create in the schema public.
    since: 15,
  },
  {
    like: 'trigger-granted',
    name: 'to another role',
    sql: 'grant trigger, references on app.notes to etl_user',
  },
  {
    like: 'sequence-readable',
    name: 'USAGE that the default of a serial needs, and a sequence of shared rows',
    sql: `alter table app.notes add column number bigserial; grant usage on sequence app.notes_number_seq to app_user;
      alter table app.countries add column number bigserial; grant all on sequence app.countries_number_seq to app_user`,
  },
];

describe('what looks like a leak and is none has no finding but residual risks', () => {
  for (const lookAlike of lookAlikes) {
    test.skipIf(!isPossible(lookAlike))(`${lookAlike.like}: ${lookAlike.name}`, async ({ database }) => {
      const world = await buildLintWorld(database);
      await world.sql(lookAlike.sql);
      const found = await world.findings(lookAlike.model);
      expect(found.filter(({ severity }) => severity !== 'info')).toEqual([]);
    });
  }
});
