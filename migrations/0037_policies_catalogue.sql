-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- Row-level security for suite_functions, org_departments, organizational_levels and tools. A tenant reads its own
-- rows and the platform's, and writes its own alone; without a context there is no row. A row may point at a parent of
-- its own tenant or of the platform, and at no other.
-- FORCE binds the owner too. The policies of a table come with its ENABLE in one transaction: never a moment without.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- suite_functions
create policy tenant_select on public.suite_functions for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.suite_functions for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.suite_functions for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.suite_functions for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.suite_functions enable row level security;
alter table public.suite_functions force row level security;

-- org_departments
create policy tenant_select on public.org_departments for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.org_departments for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.suite_functions as parent
      where parent.id = org_departments.function_id
        and parent.tenant_id in (org_departments.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_update on public.org_departments for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.suite_functions as parent
      where parent.id = org_departments.function_id
        and parent.tenant_id in (org_departments.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_delete on public.org_departments for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.org_departments enable row level security;
alter table public.org_departments force row level security;

-- organizational_levels
create policy tenant_select on public.organizational_levels for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.organizational_levels for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.organizational_levels for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.organizational_levels for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.organizational_levels enable row level security;
alter table public.organizational_levels force row level security;

-- tools
create policy tenant_select on public.tools for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.tools for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.tools for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.tools for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.tools enable row level security;
alter table public.tools force row level security;
