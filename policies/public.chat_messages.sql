-- The wanted policies of public.chat_messages: own rows only.

alter table public.chat_messages enable row level security;
alter table public.chat_messages force row level security;

create policy tenant_select on public.chat_messages for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.chat_messages for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.chat_messages for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.chat_messages for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
