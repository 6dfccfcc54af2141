-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- The checks go with their columns.

-- knowledge
create or replace trigger touch_updated_at before update on public.knowledge
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.knowledge;
drop sequence public.knowledge_contextless_writes;
drop trigger assign_tenant on public.knowledge;
alter table public.knowledge drop column tenant_id;

-- prompts
create or replace trigger touch_updated_at before update on public.prompts
  for each row execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.prompts
  for each row execute function public.record_change();
drop trigger zz_count_contextless on public.prompts;
drop sequence public.prompts_contextless_writes;
drop trigger assign_tenant on public.prompts;
alter table public.prompts drop column tenant_id;

-- agent_tools
drop trigger zz_count_contextless on public.agent_tools;
drop sequence public.agent_tools_contextless_writes;
drop trigger assign_tenant on public.agent_tools;
alter table public.agent_tools drop column tenant_id;

-- agents
create or replace trigger touch_updated_at before update on public.agents
  for each row execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.agents
  for each row execute function public.record_change();
drop trigger zz_count_contextless on public.agents;
drop sequence public.agents_contextless_writes;
drop trigger assign_tenant on public.agents;
alter table public.agents drop column tenant_id;
