-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- Row-level security for agents, agent_tools, prompts and knowledge. A tenant reads its own rows and the platform's,
-- and writes its own alone; without a context there is no row. A row may point at a parent of its own tenant or of the
-- platform, and at no other.
-- FORCE binds the owner too. The policies of a table come with its ENABLE in one transaction: never a moment without.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- agents
create policy tenant_select on public.agents for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.agents for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (agents.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = agents.function_id
        and parent.tenant_id in (agents.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.agents for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (agents.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = agents.function_id
        and parent.tenant_id in (agents.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.agents for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.agents enable row level security;
alter table public.agents force row level security;

-- agent_tools
create policy tenant_select on public.agent_tools for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.agent_tools for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.agents as parent
      where parent.id = agent_tools.agent_id
        and parent.tenant_id = agent_tools.tenant_id
    )
    and exists (
      select from public.tools as parent
      where parent.id = agent_tools.tool_id
        and parent.tenant_id in (agent_tools.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_update on public.agent_tools for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.agents as parent
      where parent.id = agent_tools.agent_id
        and parent.tenant_id = agent_tools.tenant_id
    )
    and exists (
      select from public.tools as parent
      where parent.id = agent_tools.tool_id
        and parent.tenant_id in (agent_tools.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_delete on public.agent_tools for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.agent_tools enable row level security;
alter table public.agent_tools force row level security;

-- prompts
create policy tenant_select on public.prompts for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.prompts for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (prompts.agent_id is null or exists (
      select from public.agents as parent
      where parent.id = prompts.agent_id
        and parent.tenant_id in (prompts.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.prompts for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (prompts.agent_id is null or exists (
      select from public.agents as parent
      where parent.id = prompts.agent_id
        and parent.tenant_id in (prompts.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.prompts for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.prompts enable row level security;
alter table public.prompts force row level security;

-- knowledge
create policy tenant_select on public.knowledge for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.knowledge for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (knowledge.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = knowledge.function_id
        and parent.tenant_id in (knowledge.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.knowledge for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (knowledge.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = knowledge.function_id
        and parent.tenant_id in (knowledge.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.knowledge for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.knowledge enable row level security;
alter table public.knowledge force row level security;
