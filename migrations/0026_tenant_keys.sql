-- rowhouse: phase backfill
-- rowhouse: no-transaction
-- rowhouse: allow concurrent-if-not-exists a run that goes on after a kill meets what it has built
-- The natural keys once more, now with the tenant in front: what is unique today is unique within a tenant tomorrow.
-- They also serve every policy, which compares the tenant first.
-- Built after the backfill: faster, and only without them could its updates stay within their pages.
-- Locks: ShareUpdateExclusive on one table at a time; reads and writes go on. Rows: none.

create unique index concurrently if not exists suite_functions_tenant_id_slug_key
  on public.suite_functions (tenant_id, slug);
create unique index concurrently if not exists org_departments_tenant_id_slug_key
  on public.org_departments (tenant_id, slug);
create unique index concurrently if not exists organizational_levels_tenant_id_slug_key
  on public.organizational_levels (tenant_id, slug);
create unique index concurrently if not exists tools_tenant_id_slug_key
  on public.tools (tenant_id, slug);
create unique index concurrently if not exists users_tenant_id_email_key
  on public.users (tenant_id, email);
create unique index concurrently if not exists agents_tenant_id_slug_key
  on public.agents (tenant_id, slug);
create unique index concurrently if not exists agent_tools_tenant_id_agent_id_tool_id_idx
  on public.agent_tools (tenant_id, agent_id, tool_id);
create unique index concurrently if not exists prompts_tenant_id_slug_key
  on public.prompts (tenant_id, slug);
create unique index concurrently if not exists knowledge_tenant_id_slug_key
  on public.knowledge (tenant_id, slug);
create unique index concurrently if not exists personas_tenant_id_slug_key
  on public.personas (tenant_id, slug);
create unique index concurrently if not exists jobs_to_be_done_tenant_id_reference_key
  on public.jobs_to_be_done (tenant_id, reference);
create unique index concurrently if not exists chat_messages_tenant_id_session_id_position_key
  on public.chat_messages (tenant_id, session_id, position);
