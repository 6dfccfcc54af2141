-- The wanted policies of public.chat_sessions: own rows only.

alter table public.chat_sessions enable row level security;
alter table public.chat_sessions force row level security;

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
