-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- tenant_id on suite_functions, org_departments, organizational_levels and tools, for now without a value in the rows
-- that exist. The default is set apart from the column, since together they would stamp those rows with the runner's
-- own context. Code that knows no tenant gets the trigger's answer, on updates too, since the check already holds for
-- every new version of a row.
-- The user triggers stay quiet while a backfill runs, so that it is no edit of anybody's: updated_at stays.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- suite_functions
alter table public.suite_functions add column tenant_id uuid;
alter table public.suite_functions
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.suite_functions
  add constraint suite_functions_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.suite_functions
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.suite_functions_contextless_writes;
grant usage on sequence public.suite_functions_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.suite_functions
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.suite_functions_contextless_writes');
create or replace trigger touch_updated_at before update on public.suite_functions
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

-- org_departments
alter table public.org_departments add column tenant_id uuid;
alter table public.org_departments
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.org_departments
  add constraint org_departments_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.org_departments
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.org_departments_contextless_writes;
grant usage on sequence public.org_departments_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.org_departments
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.org_departments_contextless_writes');
create or replace trigger touch_updated_at before update on public.org_departments
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

-- organizational_levels
alter table public.organizational_levels add column tenant_id uuid;
alter table public.organizational_levels
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.organizational_levels
  add constraint organizational_levels_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.organizational_levels
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.organizational_levels_contextless_writes;
grant usage on sequence public.organizational_levels_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.organizational_levels
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.organizational_levels_contextless_writes');
create or replace trigger touch_updated_at before update on public.organizational_levels
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

-- tools
alter table public.tools add column tenant_id uuid;
alter table public.tools
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.tools
  add constraint tools_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.tools
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.tools_contextless_writes;
grant usage on sequence public.tools_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.tools
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.tools_contextless_writes');
create or replace trigger touch_updated_at before update on public.tools
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
