/**
 * The roles of the world, and those that examples make beside them.
 * Roles belong to the whole cluster: a test that runs the examples gives them names of its own.
 */
export const worldRoles = ['app_owner', 'app_user', 'etl_user', 'app_group', 'app_login'] as const;

/** A small database with sound walls, over which the examples of the rules are run: `bad` breaks it in one place. */
export const worldSql = `create role app_owner;
create role app_user;
create role etl_user bypassrls;
create schema app authorization app_owner;
grant usage on schema app to app_user;
set role app_owner;

create function app.current_tenant() returns uuid language sql stable
  return nullif(current_setting('app.current_tenant', true), '')::uuid;

create table app.tenants (id uuid primary key, name text not null);
create table app.projects (
  id uuid primary key,
  tenant_id uuid not null references app.tenants,
  title text not null,
  unique (tenant_id, id)
);
create table app.notes (
  id uuid primary key,
  tenant_id uuid not null references app.tenants,
  project_id uuid,
  body text not null default '',
  foreign key (tenant_id, project_id) references app.projects (tenant_id, id)
);
create table app.tools (
  id uuid primary key,
  tenant_id uuid not null references app.tenants,
  name text not null,
  unique (tenant_id, name)
);
create table app.countries (code text primary key, name text not null);
create index on app.notes (tenant_id, project_id);

alter table app.tenants enable row level security;
alter table app.tenants force row level security;
alter table app.projects enable row level security;
alter table app.projects force row level security;
alter table app.notes enable row level security;
alter table app.notes force row level security;
alter table app.tools enable row level security;
alter table app.tools force row level security;

create policy own on app.tenants for select using (id = (select app.current_tenant()));
create policy own on app.projects using (tenant_id = (select app.current_tenant()));
create policy own on app.notes using (tenant_id = (select app.current_tenant()));
create policy own on app.tools using (tenant_id = (select app.current_tenant()));
create policy shared on app.tools for select using (
  tenant_id = '00000000-0000-0000-0000-000000000001' and (select app.current_tenant()) is not null
);

grant select on app.tenants, app.countries to app_user;
grant select, insert, delete on app.projects, app.notes, app.tools to app_user;
grant update (title) on app.projects to app_user;
grant update (project_id, body) on app.notes to app_user;
grant update (name) on app.tools to app_user;
reset role;
`;

/** Whose rows are whose in that database. */
export const worldModel = `context: { setting: app.current_tenant, type: uuid }
tenants: { table: app.tenants, key: id, platform: 00000000-0000-0000-0000-000000000001 }
roles: { owner: app_owner, app: [app_user], bypass: [etl_user] }
tables:
  app.tenants: { tenancy: root }
  app.projects: { tenancy: row, column: tenant_id }
  app.notes: { tenancy: row, column: tenant_id }
  app.tools: { tenancy: row, column: tenant_id, share: { rows: platform, access: read } }
  app.countries: { tenancy: shared, access: read }
`;
