-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- tenant_id on personas and jobs_to_be_done, for now without a value in the rows that exist. The default is set apart
-- from the column, since together they would stamp those rows with the runner's own context. Code that knows no tenant
-- gets the trigger's answer, on updates too, since the check already holds for every new version of a row.
-- The user triggers stay quiet while a backfill runs, so that it is no edit of anybody's: updated_at stays.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- personas
alter table public.personas add column tenant_id uuid;
alter table public.personas
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.personas
  add constraint personas_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.personas
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.personas_contextless_writes;
grant usage on sequence public.personas_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.personas
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.personas_contextless_writes');
create or replace trigger touch_updated_at before update on public.personas
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

-- jobs_to_be_done
alter table public.jobs_to_be_done add column tenant_id uuid;
alter table public.jobs_to_be_done
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.jobs_to_be_done
  add constraint jobs_to_be_done_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.jobs_to_be_done
  for each row when (new.tenant_id is null) execute function public.assign_persona_tenant();
create sequence public.jobs_to_be_done_contextless_writes;
grant usage on sequence public.jobs_to_be_done_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.jobs_to_be_done
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.jobs_to_be_done_contextless_writes');
create or replace trigger touch_updated_at before update on public.jobs_to_be_done
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
