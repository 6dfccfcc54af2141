import { describe, expect, test } from 'vitest';
import { isPossible, sharedLintWorld } from './support.ts';

const shared = sharedLintWorld();

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
    like: 'unique-oracle',
    name: 'the key is of one tenant alone',
    sql: "create unique index on app.projects (title) where tenant_id = '11111111-1111-1111-1111-111111111111'",
  },
  {
    like: 'parameter-granted',
    name: 'what is logged is for the app to say',
    sql: 'grant set on parameter log_statement to app_user',
    since: 15,
  },
  {
    like: 'catalog-granted',
    name: 'a view of pg_stats asks for the rights of whoever reads it',
    sql: `create view app.stats as select tablename, most_common_vals::text as found from pg_stats;
      grant select on app.stats to app_user; grant select on pg_statistic to etl_user`,
  },
  {
    like: 'catalog-granted',
    name: 'a materialized view of pg_stats whose owner the policies bind',
    sql: `set role app_owner; create materialized view app.stats as select tablename, most_common_vals::text as found from pg_stats;
      grant select on app.stats to app_user; reset role`,
  },
  {
    like: 'catalog-granted',
    name: "a function of PostgreSQL's own under another name that anybody may call, and one that the app may not",
    sql: `create function app.rise(int) returns int language internal immutable strict as 'int4up';
      create function app.page(text) returns bytea language internal strict as 'pg_read_binary_file_all';
      revoke execute on function app.page from public`,
  },
  {
    like: 'function-definer',
    name: 'it makes a large object, or reads one for whom the context names',
    sql: `create function app.keep(bytea) returns oid language sql security definer
      set search_path = pg_catalog, pg_temp as 'select lo_from_bytea(0, $1)';
      create function app.picture() returns bytea language sql stable security definer
      set search_path = pg_catalog, pg_temp as 'select lo_get(body::oid) from app.notes where tenant_id = app.current_tenant()'`,
  },
  {
    like: 'foreign-table-exposed',
    name: 'a server that others use',
    sql: `create foreign data wrapper remote; create server remote foreign data wrapper remote;
      grant usage on foreign server remote to etl_user`,
  },
  {
    like: 'policy-permissive-or',
    name: 'the column of a key through which a parent owns the row says whose it is',
    sql: `create table app.steps (id uuid primary key, project uuid not null references app.projects);
      alter table app.steps enable row level security, force row level security;
      create policy own on app.steps using (exists (select from app.projects p where p.id = project));
      create policy one on app.steps for select using (project = '33333333-3333-3333-3333-333333333333');
      grant select on app.steps to app_user`,
    model: 'tables: { app.steps: { tenancy: row, through: app.projects } }',
  },
  {
    like: 'function-definer',
    name: 'it reads nothing but what all share, by a column that has the name of a function',
    sql: `create function app.name() returns text language sql immutable set search_path = pg_catalog, pg_temp as $$ select 'x'::text $$;
      create function app.catalog() returns bigint language sql stable security definer set search_path = app, pg_temp
      as $$ select count(*) from tools t where t.tenant_id = '00000000-0000-0000-0000-000000000001' and name <> '' $$`,
  },
  {
    like: 'fk-crosses-tenants',
    name: 'a check holds the tenant of the parent to its own, or to that whose rows are shared',
    sql: `alter table app.tools add unique (tenant_id, id);
      alter table app.notes add column tool_tenant uuid, add column tool_id uuid, add foreign key (tool_tenant, tool_id) references app.tools (tenant_id, id),
        add check (tool_tenant = tenant_id or tool_tenant = '00000000-0000-0000-0000-000000000001');
      grant insert (tool_tenant, tool_id) on app.notes to app_user`,
  },
  {
    like: 'fk-crosses-tenants',
    name: 'both rows belong to the same row of a third table',
    sql: `create table app.replies (note_id uuid not null references app.notes, id uuid primary key, reply_to uuid,
        unique (note_id, id), foreign key (note_id, reply_to) references app.replies (note_id, id));
      create index on app.replies (note_id, reply_to);
      alter table app.replies enable row level security; alter table app.replies force row level security;
      create policy own on app.replies using (exists (select from app.notes as note where note.id = note_id));
      grant select, insert on app.replies to app_user`,
    model: 'tables: { app.replies: { tenancy: row, through: app.notes } }',
  },
  {
    like: 'policy-trusts-session',
    name: 'settings that decide what is logged, and which of two ways leads to the context',
    sql: `create function app.told_tenant() returns uuid language plpgsql stable as $$
        declare told uuid;
        begin
          if current_setting('app.trace', true) = 'on' then raise notice 'asked'; end if;
          told := app.current_tenant();
          return told;
        end $$;
      create function app.either_tenant() returns uuid language sql stable as $$
        select case when current_setting('app.way', true) = 'two' then app.told_tenant() else app.current_tenant() end $$;
      alter policy own on app.notes using (tenant_id = (select app.either_tenant()))`,
  },
  {
    like: 'role-can-create',
    name: 'a function of its own that no policy calls',
    sql: `create function app.greeting() returns text language sql immutable return 'hello'; alter function app.greeting() owner to app_user`,
  },
  {
    like: 'policy-trusts-session',
    name: 'a setting that narrows, and one that says whose the row is',
    sql: `alter policy own on app.notes using (
      tenant_id = (select app.current_tenant()) and coalesce(current_setting('app.mode', true), '') <> 'closed')`,
  },
  {
    like: 'policy-trusts-session',
    name: 'a setting that opens a policy which a floor holds',
    sql: `create policy admin on app.notes for select using (current_setting('app.is_admin', true) = 'on');
      create policy floor on app.notes as restrictive using (tenant_id = (select app.current_tenant()))`,
  },
  {
    like: 'role-can-create',
    name: 'a schema that the model does not know',
    sql: 'create schema scratch authorization app_user; create table scratch.t (id int); alter table scratch.t owner to app_user',
    model: 'tables: { scratch.t: { tenancy: none } }',
  },
  {
    like: 'code-opens-walls',
    name: 'event triggers that refuse, that protect, that grant to others, and that are off',
    sql: `create function app.refuse() returns event_trigger language plpgsql as $$
begin
  if current_query() ilike '%alter table%disable row level security%' then
    raise exception 'alter table … disable row level security is not done here';
  end if;
end $$; create event trigger refuse on sql_drop execute function app.refuse();
create function app.protect() returns event_trigger language plpgsql as $$
declare made record;
begin
  for made in select * from pg_event_trigger_ddl_commands() where object_type = 'table' loop
    execute format('alter table %s enable row level security', made.object_identity);
    execute format('drop policy if exists own on %s', made.object_identity);
    execute format('create policy own on %s using (tenant_id = app.current_tenant())', made.object_identity);
    execute format('grant select on %s to %I', made.object_identity, 'etl_user');
  end loop;
  grant select on app.countries to app_user;
  grant usage on schema app to app_user;
end $$; create event trigger protect on ddl_command_end when tag in ('CREATE TABLE') execute function app.protect();
alter default privileges for role app_owner grant select on tables to app_user;
create function app.open_all() returns event_trigger language plpgsql as $$
begin
  grant select on all tables in schema app to app_user;
end $$; create event trigger open_all on sql_drop execute function app.open_all(); alter event trigger open_all disable;
create function app.opens() returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  alter table app.notes disable row level security;
end $$; revoke execute on function app.opens() from public`,
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
    name: 'a sequence of its own that a default needs, and one that numbers no rows of tenants',
    sql: `create sequence app.numbers; alter table app.notes add column number bigint default nextval('app.numbers');
      create sequence app.tickets; grant usage on sequence app.numbers to app_user; grant all on sequence app.tickets to app_user`,
  },
  {
    like: 'statistics-public',
    name: 'settings are no statistics',
    sql: 'grant pg_read_all_settings to app_user',
  },
  {
    like: 'function-sets-context',
    name: 'one that sets the tenant it is told, and one that sets nobody',
    sql: `create function app.enter(tenant uuid) returns void language plpgsql as $$
        begin perform set_config('app.current_tenant', tenant::text, true); end $$;
      create function app.enter_as(member uuid, tenant uuid) returns bigint language plpgsql as $$
        begin
          if not exists (select from app.notes where id = member) then raise exception 'no'; end if;
          perform set_config('app.current_tenant', tenant::text, true);
          return (select count(*) from app.projects);
        end $$;
      create function app.leave() returns void language sql as $$ select set_config('app.current_tenant', '', true) $$`,
  },
  {
    like: 'trigger-rewrites-tenant',
    name: 'what is looked up by the row, and what is counted of the own tenant',
    sql: `create function app.title() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        begin new.body := (select p.title from app.projects p where p.id = new.project_id); return new; end $$;
      create trigger title before insert on app.notes for each row execute function app.title();
      create function app.repeat() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        begin select max(n.body) into new.body from app.notes n where n.project_id = new.project_id; return new; end $$;
      create trigger repeat before insert on app.notes for each row execute function app.repeat();
      create function app.number() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        begin new.body := (select count(*) from app.notes n where n.tenant_id = app.current_tenant())::text; return new; end $$;
      create trigger number before insert on app.notes for each row execute function app.number()`,
  },
  {
    like: 'trigger-copies-out',
    name: 'keys over a channel',
    sql: `create function app.tell() returns trigger language plpgsql as $$
        declare row_as_json json := row_to_json(new);
        begin perform pg_notify('notes', new.id::text); return null; end $$;
      create trigger tell after insert on app.notes for each row execute function app.tell()`,
  },
  {
    like: 'trigger-copies-out',
    name: 'helpers that change rows of its tenant, and one whose job says nothing of the row',
    sql: `create table app.jobs (id bigint generated always as identity primary key, name text);
      grant select on app.jobs to app_user;
      create function app.rename(wanted uuid, given text) returns void language plpgsql as $$
        begin update app.projects set name = given where id = wanted; end $$;
      create function app.later(name text) returns void language sql security definer set search_path = app, pg_temp
        as $$ insert into app.jobs (name) values (name) $$;
      create function app.follow() returns trigger language plpgsql as $$
        declare wanted uuid := new.id; given text;
        begin
          given := new.body;
          perform app.rename(wanted, given);
          perform app.later('index');
          delete from app.projects where id = old.id;
          return null;
        end $$;
      create trigger follow after insert on app.notes for each row execute function app.follow()`,
    model: 'tables: { app.jobs: { tenancy: none } }',
  },
  {
    like: 'sequence-readable',
    name: 'USAGE that the default of a serial needs, and a sequence of shared rows',
    sql: `alter table app.notes add column number bigserial; grant usage on sequence app.notes_number_seq to app_user;
      alter table app.countries add column number bigserial; grant all on sequence app.countries_number_seq to app_user`,
  },
  {
    like: 'partition-direct',
    name: 'a partition without a grant, one with the policy of the whole, and one with no policy at all',
    sql: `create table app.events (id int, tenant_id uuid not null references app.tenants) partition by list (id);
      create table app.events_1 partition of app.events for values in (1);
      create table app.events_2 partition of app.events for values in (2);
      create table app.events_3 partition of app.events for values in (3);
      alter table app.events enable row level security; alter table app.events force row level security;
      alter table app.events_2 enable row level security; alter table app.events_2 force row level security;
      alter table app.events_3 enable row level security; alter table app.events_3 force row level security;
      create policy own on app.events using (tenant_id = (select app.current_tenant()));
      create policy own on app.events_2 using (tenant_id = (select app.current_tenant()));
      create index on app.events (tenant_id);
      grant select, insert on app.events, app.events_2, app.events_3 to app_user`,
    model: 'tables: { app.events: { tenancy: row, column: tenant_id } }',
  },
  {
    like: 'foreign-table-exposed',
    name: 'one that all share, and one without a grant',
    sql: `create foreign data wrapper remote; create server remote foreign data wrapper remote;
      create foreign table app.rates (code text) server remote; grant select on app.rates to app_user;
      create foreign table app.remote_notes (id uuid) server remote`,
    model: 'tables: { app.rates: { tenancy: shared } }',
  },
  {
    like: 'function-leakproof',
    name: 'a function without arguments',
    sql: 'alter function app.current_tenant() leakproof',
  },
  {
    like: 'function-sets-context',
    name: 'one that the app may not call, one that is for nobody, and another setting',
    sql: `create function app.job() returns bigint language sql
        set app.current_tenant = '00000000-0000-0000-0000-000000000002' as 'select count(*) from app.notes';
      revoke execute on function app.job() from public;
      create function app.nobody() returns bigint language sql set app.current_tenant = '' as 'select count(*) from app.notes';
      create function app.plain() returns bigint language sql set work_mem = '8MB' as 'select count(*) from app.notes'`,
  },
  {
    like: 'large-object-shared',
    name: 'a large object of a role that the app is not',
    sql: `select lo_from_bytea(0, 'secret')`,
  },
  {
    like: 'publication-unfiltered',
    name: 'a table that all share, and one of its rows by a filter',
    sql: `create publication feed for table app.countries, app.notes
      where (tenant_id = '00000000-0000-0000-0000-000000000002')`,
    since: 15,
  },
  {
    like: 'schema-search-path',
    name: 'a role that reaches the schema of its own tenant',
    sql: `alter table app.tenants add column schema_name name;
      create schema tenant_a create table threads (id serial); create schema tenant_b create table threads (id serial);
      grant usage on schema tenant_a to app_user; grant all on all tables in schema tenant_a to app_user;
      grant all on all sequences in schema tenant_a to app_user; grant all on all tables in schema tenant_b to app_user`,
    model: 'tenants: { schema: schema_name }\ntables: { tenant_a.threads: { tenancy: schema } }',
  },
  {
    like: 'backup-role-filtered',
    name: 'a bypass role that policies let see everything',
    sql: `alter role etl_user nobypassrls;
      create policy job on app.tenants to etl_user using (true); create policy job on app.projects to etl_user using (true);
      create policy job on app.notes to etl_user using (true); create policy job on app.tools to etl_user using (true)`,
  },
  {
    like: 'job-without-context',
    name: 'a bypass role that is exempt, and a forced owner beside it',
    sql: 'grant usage on schema app to etl_user; grant insert, update, delete on all tables in schema app to etl_user',
  },
  {
    like: 'view-definer',
    name: 'a view that reads as the caller, over and under others',
    sql: `create view app.inner_notes with (security_invoker = true) as select * from app.notes;
      create view app.outer_notes as select * from app.inner_notes;
      create view app.top with (security_invoker = true) as select * from app.outer_notes;
      grant select on app.inner_notes, app.outer_notes, app.top to app_user`,
    since: 15,
  },
  {
    like: 'view-definer',
    name: 'an owner whom policies bind, a table that all share, and no grant',
    sql: `create view app.bound as select * from app.notes; alter view app.bound owner to app_owner;
      create view app.shared as select * from app.countries;
      create view app.unseen as select * from app.notes;
      grant select, delete on app.bound to app_user; grant select on app.shared to app_user`,
  },
  {
    like: 'view-definer',
    name: 'a barrier with a filter: plain, joined, through a subquery, in each part of a union, below another view',
    sql: `create view app.plain with (security_barrier) as select * from app.notes where tenant_id = app.current_tenant();
      create view app.joined with (security_barrier) as select n.id, p.title from app.notes n
        join app.projects p on p.id = n.project_id and p.tenant_id = n.tenant_id where n.tenant_id = app.current_tenant();
      create view app.looked_up with (security_barrier) as select n.* from app.notes n
        where n.tenant_id in (select t.id from app.tenants t where t.id = nullif(current_setting('app.current_tenant', true), '')::uuid);
      create view app.both with (security_barrier) as select id from app.notes where tenant_id = app.current_tenant()
        union all select id from app.projects where tenant_id = app.current_tenant();
      create view app.above as select body from app.plain where body <> '';
      create view app.staged with (security_barrier) as
        with own as (select * from app.notes where tenant_id = app.current_tenant()) select count(*) from own;
      grant select on app.plain, app.joined, app.looked_up, app.both, app.above, app.staged to app_user`,
  },
  {
    like: 'view-definer',
    name: 'the rows that the platform shares',
    sql: `create view app.catalogue with (security_barrier) as
        select name from app.tools where tenant_id = '00000000-0000-0000-0000-000000000001';
      grant select on app.catalogue to app_user`,
  },
  {
    like: 'view-definer-writable',
    name: 'a filter that new rows must pass, and no way to name a tenant',
    sql: `alter table app.notes alter column tenant_id set default app.current_tenant();
      create view app.own_notes with (security_barrier, check_option = cascaded) as
        select id, tenant_id, body from app.notes where tenant_id = app.current_tenant();
      create view app.new_notes with (security_barrier) as
        select id, tenant_id, body from app.notes where tenant_id = app.current_tenant();
      grant select, insert, update, delete on app.own_notes to app_user;
      grant insert (id, body), update (body), delete on app.new_notes to app_user`,
  },
  {
    like: 'matview-exposed',
    name: 'one of shared rows, one without a grant, one that the model shares, and a view that filters one',
    sql: `create materialized view app.names as select name from app.countries;
      create materialized view app.counts as select tenant_id, count(*) as notes from app.notes group by tenant_id;
      create materialized view app.total as select count(*) as notes from app.notes;
      create materialized view app.offered as
        select name from app.tools where tenant_id = '00000000-0000-0000-0000-000000000001';
      create view app.own_counts with (security_barrier) as select * from app.counts where tenant_id = app.current_tenant();
      grant select on app.names, app.total, app.own_counts, app.offered to app_user`,
    model: 'tables: { app.total: { tenancy: shared } }',
  },
  {
    like: 'policy-fallback-tenant',
    name: 'an id that nobody generates, for a session without a context',
    sql: `alter policy own on app.notes using (
        tenant_id = coalesce((select app.current_tenant()), '00000000-0000-0000-0000-000000000000'));
      alter policy own on app.projects using (
        tenant_id = coalesce((select app.current_tenant()), 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'));
      alter table app.notes alter tenant_id set default
        coalesce(app.current_tenant(), '00000000-0000-0000-0000-000000000000')`,
  },
  {
    like: 'fk-cascade-crosses',
    name: 'an action on the other column, on a tenant that is NOT NULL, with the own tenant for a default, and by nobody',
    since: 15,
    sql: `alter table app.notes drop constraint notes_tenant_id_project_id_fkey;
      alter table app.notes alter tenant_id set default app.current_tenant(), add foreign key (tenant_id, project_id)
        references app.projects (tenant_id, id) on delete set default on update set null;
      alter table app.tools alter tenant_id drop not null, add project_id uuid, add foreign key (tenant_id, project_id)
        references app.projects (tenant_id, id) on delete set null (project_id) on update set null;
      alter table app.tools drop constraint tools_tenant_id_fkey;
      alter table app.tools add foreign key (tenant_id) references app.tenants on delete set null`,
  },
  {
    like: 'function-definer',
    name: 'not callable, bound, checked, of shared tables, a trigger, a helper of policies, a secret, and a default',
    sql: `alter table app.notes alter column tenant_id set default app.current_tenant();
      alter table app.projects add column token text;
      create function app.hidden() returns bigint language sql security definer set search_path = app, pg_temp as 'select count(*) from notes';
      revoke execute on function app.hidden() from public;
      create function app.bound() returns bigint language sql security definer set search_path = app, pg_temp as 'select count(*) from notes';
      alter function app.bound() owner to app_owner;
      create function app.checked() returns bigint language sql security definer set search_path = app, pg_temp as
        'select count(*) from app.notes where tenant_id = app.current_tenant()';
      create function app.inner_check(uuid) returns boolean language plpgsql stable as
        $$ begin return $1 = nullif(current_setting('app.current_tenant', true), '')::uuid; end $$;
      create function app.checked_below() returns bigint language plpgsql security definer set search_path = app, pg_temp as
        $$ begin return (select count(*) from notes where app.inner_check(tenant_id)); end $$;
      create function app.countries_of() returns bigint language sql security definer set search_path = app, pg_temp as 'select count(*) from countries';
      create function app.fires() returns trigger language plpgsql security definer set search_path = app, pg_temp as
        $$ begin perform 1 from app.notes where id = new.id and tenant_id = new.tenant_id; return new; end $$;
      create function app.by_token(text) returns uuid language sql stable security definer set search_path = app, pg_temp as
        'select id from projects where token = $1';
      create function app.log(uuid, text) returns void language plpgsql security definer set search_path = app, pg_temp as
        $$ begin insert into notes (id, body) values ($1, $2); end $$;
      create function app.by_variable() returns bigint language plpgsql security definer set search_path = app, pg_temp as $$
        declare mine uuid := app.current_tenant(); first uuid; number bigint; one record;
        begin
          insert into notes (id, body) values (gen_random_uuid(), 'counted');
          select id into first from projects where tenant_id = mine limit 1;
          for one in select p.id from projects p where p.tenant_id = mine loop
            update projects set title = title where id = one.id;
          end loop;
          return (select count(*) from notes where project_id = first);
        end $$;
      create function app.after_check(uuid) returns bigint language plpgsql security definer set search_path = app, pg_temp as $$
        begin
          perform 1 from projects where id = $1 and tenant_id = app.current_tenant();
          if not found then raise exception 'no'; end if;
          return (select count(*) from notes where project_id = $1);
        end $$;
      create function app.elsewhere() returns bigint language sql security definer set search_path = pg_catalog, pg_temp as
        'select count(*) from pg_class as notes'`,
  },
  {
    like: 'tenant-column-mutable',
    name: 'UPDATE of a table whose policy holds the column',
    sql: 'grant update on app.notes, app.projects, app.tools to app_user',
  },
  {
    like: 'policy-permissive-or',
    name: `a permissive policy that lets all pass, under a restrictive floor for all`,
    sql: `create policy everything on app.notes using (true); create policy floor on app.notes as restrictive using (tenant_id = (select app.current_tenant()))`,
  },
  {
    like: 'policy-permissive-or',
    name: `a second policy that is scoped, one for another role, and one that lets nothing pass`,
    sql: `create policy peers on app.notes for select using (tenant_id = (select app.current_tenant()) and body <> ''); create policy jobs on app.notes to etl_user using (true); create policy never on app.notes using (false)`,
  },
  {
    like: 'policy-permissive-or',
    name: `rows that the model shares`,
    sql: `alter table app.notes add column pinned boolean not null default false; create policy pinned on app.notes for select using (pinned and body <> '')`,
    model: `tables: { app.notes: { tenancy: row, column: tenant_id, share: { when: pinned } } }`,
  },
  {
    like: 'policy-permissive-or',
    name: `a helper that compares its argument with the context`,
    sql: `create function app.owns(tenant uuid) returns boolean language sql stable as $$ select tenant = app.current_tenant() $$; alter policy own on app.notes using ((select app.current_tenant()) is not null and app.owns(tenant_id))`,
  },
  {
    like: 'policy-permissive-or',
    name: `a branch for a role that the app role is not a member of`,
    sql: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) or pg_has_role(current_user, 'etl_user', 'member'))`,
  },
  {
    like: 'policy-inherited-widens',
    name: `a policy for a group that the app role is not in, and a scoped one for its own`,
    sql: `create role app_group; create role app_login; grant app_group to app_user; create policy staff on app.notes to app_login using (true); create policy own_group on app.notes to app_group using (tenant_id = (select app.current_tenant()))`,
  },
  {
    like: 'policy-floor-gap',
    name: `a floor that leaves out what the permissive policies hold apart themselves`,
    sql: `create policy floor on app.notes as restrictive for select using (tenant_id = (select app.current_tenant()))`,
  },
  {
    like: 'policy-wrong-command',
    name: `UPDATE by any tenant where the role may update nothing`,
    sql: `revoke update (project_id, body) on app.notes from app_user; create policy any_update on app.notes for update using (true)`,
  },
  {
    like: 'policy-check-weaker',
    name: `a check that lets everything pass where the tenant cannot be changed`,
    sql: `drop policy own on app.notes; create policy r on app.notes for select using (tenant_id = (select app.current_tenant())); create policy u on app.notes for update using (tenant_id = (select app.current_tenant())) with check (true)`,
  },
  {
    like: 'policy-check-weaker',
    name: `sign-up`,
    sql: `grant insert on app.tenants to app_user; create policy signup on app.tenants for insert with check (true)`,
    model: `tables: { app.tenants: { tenancy: root, signup: true } }`,
  },
  {
    like: 'policy-shared-writable',
    name: `shared rows that the model lets all write`,
    sql: `drop policy shared on app.tools; alter policy own on app.tools using (tenant_id = (select app.current_tenant()) or (tenant_id = '00000000-0000-0000-0000-000000000001' and (select app.current_tenant()) is not null))`,
    model: `tables: { app.tools: { tenancy: row, column: tenant_id, share: { rows: platform, access: write } } }`,
  },
  {
    like: 'policy-null-tenant',
    name: `IS NOT DISTINCT FROM a column that is never NULL`,
    sql: `alter policy own on app.notes using (tenant_id is not distinct from (select app.current_tenant()))`,
  },
  {
    like: 'policy-null-tenant',
    name: `rows without an owner that the model shares`,
    sql: `alter table app.notes alter tenant_id drop not null; create policy ownerless on app.notes for select using (tenant_id is null)`,
    model: `tables: { app.notes: { tenancy: row, column: tenant_id, nulls: shared } }`,
  },
  {
    like: 'policy-fails-open',
    name: `COALESCE to false, to NULL and to an id that nobody has`,
    sql: `alter policy own on app.notes using (coalesce(tenant_id = (select app.current_tenant()), false)); alter policy own on app.projects using (tenant_id = coalesce((select app.current_tenant()), null))`,
  },
  {
    like: 'policy-empty-context',
    name: `an empty context raises`,
    sql: `alter policy own on app.notes using (tenant_id = (select current_setting('app.current_tenant')::uuid))`,
  },
  {
    like: 'policy-fallback-tenant',
    name: `a preset of a role that cannot log in, an empty one, and another setting`,
    sql: `alter role app_user set app.current_tenant = '00000000-0000-0000-0000-000000000001'; alter role etl_user set app.current_tenant = ''; alter role app_owner set work_mem = '8MB'`,
  },
  {
    like: 'policy-fallback-tenant',
    name: `the platform left out by name`,
    sql: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) and tenant_id <> '00000000-0000-0000-0000-000000000001')`,
  },
  {
    like: 'policy-negative-subquery',
    name: `a denied subquery that narrows`,
    sql: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) and not exists (select from app.projects p where p.id = project_id and p.title = 'closed'))`,
  },
  {
    like: 'policy-lookup-writable',
    name: `a lookup table that the role may only read, and one that narrows`,
    sql: `create table app.members (user_id uuid, tenant_id uuid); grant select on app.members to app_user; create table app.words (word text); grant select, insert on app.words to app_user; alter policy own on app.notes using (tenant_id in (select m.tenant_id from app.members m where m.user_id = (select app.current_tenant()))); alter policy own on app.projects using (tenant_id = (select app.current_tenant()) and title not in (select w.word from app.words w))`,
    model: `tables: { app.members: { tenancy: shared, access: read }, app.words: { tenancy: shared, access: write } }`,
  },
  {
    like: 'policy-loose-match',
    name: `LIKE on another column of the own rows, and on the tenant beside =`,
    sql: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) and body like 'a%' and tenant_id::text like '0%')`,
  },
  {
    like: 'policy-loose-match',
    name: `an id of one spelling in small letters, and a context that is cut out of a longer one and has a type`,
    sql: `alter policy own on app.notes using (tenant_id::text = lower((select current_setting('app.current_tenant', true))));
      alter policy own on app.projects using (tenant_id = nullif(replace(current_setting('app.current_tenant', true), '"', ''), '')::uuid)`,
  },
  {
    like: 'policy-session-user',
    name: `a role check that narrows`,
    sql: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) and current_user <> 'nobody')`,
  },
  {
    like: 'policy-session-user',
    name: `a branch for the role of the jobs`,
    sql: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) or current_user = 'jobs')`,
  },
  {
    like: 'policy-unqualified-helper',
    name: `qualified names, and pg_temp last`,
    sql: `create table app.members (user_id uuid, tenant_id uuid); create function app.a() returns setof uuid language sql stable security definer as $$ select m.tenant_id from app.members m where m.user_id = app.current_tenant() $$; create function app.b() returns setof uuid language sql stable security definer set search_path = app, pg_temp as $$ select tenant_id from members where user_id = app.current_tenant() $$; alter function app.a() owner to app_owner; alter function app.b() owner to app_owner; alter policy own on app.notes using (tenant_id in (select app.a())); alter policy own on app.projects using (tenant_id in (select app.b()))`,
    model: `tables: { app.members: { tenancy: none } }`,
  },
  {
    like: 'policy-immutable-context',
    name: `an IMMUTABLE function that reads nothing`,
    sql: `create function app.same(id uuid) returns uuid language sql immutable as $$ select id $$; alter policy own on app.notes using (app.same(tenant_id) = (select app.current_tenant()))`,
  },
  {
    like: 'policy-json-tenant',
    name: `JSON that narrows`,
    sql: `alter table app.notes add column meta jsonb not null default '{}'; alter policy own on app.notes using (tenant_id = (select app.current_tenant()) and meta ->> 'state' = 'open')`,
  },
  {
    like: 'policy-recursion',
    name: `a policy that reads its table through a definer whom none binds, and one that reads another table`,
    sql: `create function app.peers() returns setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$ select n.tenant_id from app.notes n where n.tenant_id = app.current_tenant() $$; revoke execute on function app.peers() from public; create policy peers on app.notes for select using (tenant_id = (select app.current_tenant()) and exists (select from app.projects p where p.id = notes.project_id))`,
  },
  {
    like: 'tenant-root-readable',
    name: `a directory that the model shares`,
    sql: `create policy directory on app.tenants for select using (true)`,
    model: `tables: { app.tenants: { tenancy: root, share: { when: "true" } } }`,
  },
  {
    like: 'fk-crosses-tenants',
    name: `a key to a shared table, one to the tenants, one that the policy pins, and one that the role cannot write`,
    sql: `alter table app.notes add column country text references app.countries; alter table app.notes add column moved_to uuid references app.projects; alter table app.tools add column project_id uuid references app.projects; grant insert (country), update (country) on app.notes to app_user; revoke insert on app.notes from app_user; grant insert (id, tenant_id, body) on app.notes to app_user; grant update (project_id) on app.tools to app_user; alter policy own on app.tools with check (tenant_id = (select app.current_tenant()) and (project_id is null or exists (select from app.projects p where p.id = project_id and p.tenant_id = tools.tenant_id)))`,
  },
  {
    like: 'unique-oracle',
    name: `random and counted ids, keys within the tenant, keys that the role cannot try, and what the model declares`,
    sql: `alter table app.notes add column number bigint generated always as identity unique; alter table app.notes add column token uuid unique; alter table app.tenants add unique (name); create unique index on app.projects (tenant_id, lower(title)); alter table app.tools add column sku text unique`,
    model: `tables: { app.tools: { tenancy: row, column: tenant_id, share: { rows: platform, access: read }, oracles: [sku] } }`,
  },
  {
    like: 'trigger-rewrites-tenant',
    name: `the context, the own tenant, and the tenant of the parent`,
    sql: `create function app.fill() returns trigger language plpgsql as $$
begin
  new.tenant_id := app.current_tenant();
  new.tenant_id := coalesce(new.tenant_id, nullif(current_setting('app.current_tenant', true), '')::uuid);
  new.tenant_id := (select p.tenant_id from app.projects p where p.id = new.project_id);
  -- new.tenant_id := '00000000-0000-0000-0000-000000000001';
  return new;
end $$; create trigger fill before insert on app.notes for each row execute function app.fill()`,
  },
  {
    like: 'trigger-copies-out',
    name: `an audit table that the role cannot read, and one under policies`,
    sql: `create table app.audit (entry jsonb); create table app.journal (tenant_id uuid not null, entry jsonb);
alter table app.journal enable row level security; alter table app.journal force row level security;
create policy own on app.journal using (tenant_id = (select app.current_tenant())); grant select on app.journal to app_user;
create function app.audit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.audit (entry) values (to_jsonb(new));
  insert into app.journal (tenant_id, entry) values (new.tenant_id, to_jsonb(new));
  return new;
end $$; create trigger audit after insert on app.notes for each row execute function app.audit()`,
    model: `tables: { app.audit: { tenancy: none }, app.journal: { tenancy: row, column: tenant_id } }`,
  },
  {
    like: 'rule-runs-as-owner',
    name: `a rule whose owner is bound, one that does nothing, and one that the role cannot set off`,
    sql: `create table app.requests (note_id uuid); alter table app.requests owner to app_owner; grant insert on app.requests to app_user;
create rule apply as on insert to app.requests do also update app.notes set body = '' where id = new.note_id;
create rule keep as on delete to app.requests do instead nothing;
create table app.inbox (note_id uuid); create rule apply as on insert to app.inbox do also update app.notes set body = '' where id = new.note_id`,
    model: `tables: { app.requests: { tenancy: none }, app.inbox: { tenancy: none } }`,
  },
  {
    like: 'tenant-default-constant',
    name: `the context for the default, and a constant for another column`,
    sql: `alter table app.notes alter tenant_id set default app.current_tenant(); alter table app.projects alter tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid; alter table app.tools alter name set default 'new'`,
  },
  {
    like: 'upsert-through-view',
    name: 'a check option, no UPDATE, and a view of the caller',
    sql: `create view app.checked with (security_barrier, check_option = cascaded) as
        select id, tenant_id, body from app.notes where tenant_id = app.current_tenant();
      create view app.added with (security_barrier) as select id, body from app.notes where tenant_id = app.current_tenant();
      create view app.own with (security_invoker = y) as select id, body from app.notes where tenant_id = app.current_tenant();
      alter table app.notes alter tenant_id set default app.current_tenant();
      grant select, insert, update on app.checked, app.own to app_user; grant select, insert on app.added to app_user`,
    since: 15,
  },
];

describe('what looks like a leak and is none has no finding but residual risks', () => {
  for (const lookAlike of lookAlikes) {
    test.skipIf(!isPossible(lookAlike))(`${lookAlike.like}: ${lookAlike.name}`, async () => {
      const world = shared();
      await world.within(async () => {
        await world.sql(lookAlike.sql);
        const found = await world.findings(lookAlike.model);
        expect(found.filter(({ severity }) => severity !== 'info')).toEqual([]);
      });
    });
  }
});
