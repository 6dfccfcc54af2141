-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- knowledge
alter table public.knowledge no force row level security;
alter table public.knowledge disable row level security;
drop policy tenant_delete on public.knowledge;
drop policy tenant_update on public.knowledge;
drop policy tenant_insert on public.knowledge;
drop policy tenant_select on public.knowledge;

-- prompts
alter table public.prompts no force row level security;
alter table public.prompts disable row level security;
drop policy tenant_delete on public.prompts;
drop policy tenant_update on public.prompts;
drop policy tenant_insert on public.prompts;
drop policy tenant_select on public.prompts;

-- agent_tools
alter table public.agent_tools no force row level security;
alter table public.agent_tools disable row level security;
drop policy tenant_delete on public.agent_tools;
drop policy tenant_update on public.agent_tools;
drop policy tenant_insert on public.agent_tools;
drop policy tenant_select on public.agent_tools;

-- agents
alter table public.agents no force row level security;
alter table public.agents disable row level security;
drop policy tenant_delete on public.agents;
drop policy tenant_update on public.agents;
drop policy tenant_insert on public.agents;
drop policy tenant_select on public.agents;
