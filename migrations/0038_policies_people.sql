-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- Row-level security for users and audit_log. A tenant reads and writes its own rows alone, the platform like any
-- other; without a context there is no row. Nobody changes or deletes an audit row. A row may point at a parent of its
-- own tenant or of the platform, and at no other.
-- FORCE binds the owner too. The policies of a table come with its ENABLE in one transaction: never a moment without.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- users
create policy tenant_select on public.users for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.users for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (users.department_id is null or exists (
      select from public.org_departments as parent
      where parent.id = users.department_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
    and (users.level_id is null or exists (
      select from public.organizational_levels as parent
      where parent.id = users.level_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.users for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (users.department_id is null or exists (
      select from public.org_departments as parent
      where parent.id = users.department_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
    and (users.level_id is null or exists (
      select from public.organizational_levels as parent
      where parent.id = users.level_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.users for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.users enable row level security;
alter table public.users force row level security;

-- audit_log
create policy tenant_select on public.audit_log for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.audit_log for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;
