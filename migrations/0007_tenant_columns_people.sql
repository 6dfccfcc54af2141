-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- tenant_id on users and audit_log, for now without a value in the rows that exist. The default is set apart from the
-- column, since together they would stamp those rows with the runner's own context. Code that knows no tenant gets the
-- trigger's answer, on updates too, since the check already holds for every new version of a row.
-- The user triggers stay quiet while a backfill runs, so that it is no edit of anybody's: updated_at stays, and the
-- audit log gets no row.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- users
alter table public.users add column tenant_id uuid;
alter table public.users
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.users
  add constraint users_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.users
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.users_contextless_writes;
grant usage on sequence public.users_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.users
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.users_contextless_writes');
create or replace trigger touch_updated_at before update on public.users
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.users
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

-- audit_log
alter table public.audit_log add column tenant_id uuid;
alter table public.audit_log
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.audit_log
  add constraint audit_log_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.audit_log
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.audit_log_contextless_writes;
grant usage on sequence public.audit_log_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.audit_log
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.audit_log_contextless_writes');
