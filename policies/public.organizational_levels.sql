-- The wanted policies of public.organizational_levels: own rows and the platform's to read, own rows to write.

alter table public.organizational_levels enable row level security;
alter table public.organizational_levels force row level security;

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
