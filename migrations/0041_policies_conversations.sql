-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- Row-level security for chat_sessions and chat_messages. A tenant reads and writes its own rows alone, the platform
-- like any other; without a context there is no row. A row may point at a parent of its own tenant or of the platform,
-- and at no other.
-- FORCE binds the owner too. The policies of a table come with its ENABLE in one transaction: never a moment without.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- chat_sessions
create policy tenant_select on public.chat_sessions for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.chat_sessions for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.agents as parent
      where parent.id = chat_sessions.agent_id
        and parent.tenant_id in (chat_sessions.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_update on public.chat_sessions for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.agents as parent
      where parent.id = chat_sessions.agent_id
        and parent.tenant_id in (chat_sessions.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_delete on public.chat_sessions for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.chat_sessions enable row level security;
alter table public.chat_sessions force row level security;

-- chat_messages
create policy tenant_select on public.chat_messages for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.chat_messages for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.chat_messages for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.chat_messages for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.chat_messages enable row level security;
alter table public.chat_messages force row level security;
