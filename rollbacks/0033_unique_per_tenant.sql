-- rowhouse: phase contract
-- rowhouse: no-transaction
-- rowhouse: lock-timeout 500ms
-- rowhouse: allow concurrent-if-not-exists a run that goes on after a kill meets what it has built
-- The keys over all tenants, built beside the others and exchanged in one statement. The exchange drops the index that
-- the migration had turned into a constraint, so that one is built again.
-- A migration that was undone half-way left some tables as they were: there a key is exchanged for its own double.
-- Locks: ShareUpdateExclusive while an index is built; AccessExclusive for an instant to exchange.

create unique index concurrently if not exists chat_messages_session_id_position_idx
  on public.chat_messages (session_id, position);
alter table public.chat_messages
  drop constraint if exists chat_messages_tenant_id_session_id_position_key,
  drop constraint if exists chat_messages_session_id_position_key,
  add constraint chat_messages_session_id_position_key unique using index chat_messages_session_id_position_idx;
create unique index concurrently if not exists chat_messages_tenant_id_session_id_position_key
  on public.chat_messages (tenant_id, session_id, position);

create unique index concurrently if not exists jobs_to_be_done_reference_idx on public.jobs_to_be_done (reference);
alter table public.jobs_to_be_done
  drop constraint if exists jobs_to_be_done_tenant_id_reference_key,
  drop constraint if exists jobs_to_be_done_reference_key,
  add constraint jobs_to_be_done_reference_key unique using index jobs_to_be_done_reference_idx;
create unique index concurrently if not exists jobs_to_be_done_tenant_id_reference_key
  on public.jobs_to_be_done (tenant_id, reference);

create unique index concurrently if not exists personas_slug_idx on public.personas (slug);
alter table public.personas
  drop constraint if exists personas_tenant_id_slug_key,
  drop constraint if exists personas_slug_key,
  add constraint personas_slug_key unique using index personas_slug_idx;
create unique index concurrently if not exists personas_tenant_id_slug_key
  on public.personas (tenant_id, slug);

create unique index concurrently if not exists knowledge_slug_idx on public.knowledge (slug);
alter table public.knowledge
  drop constraint if exists knowledge_tenant_id_slug_key,
  drop constraint if exists knowledge_slug_key,
  add constraint knowledge_slug_key unique using index knowledge_slug_idx;
create unique index concurrently if not exists knowledge_tenant_id_slug_key
  on public.knowledge (tenant_id, slug);

create unique index concurrently if not exists prompts_slug_idx on public.prompts (slug);
alter table public.prompts
  drop constraint if exists prompts_tenant_id_slug_key,
  drop constraint if exists prompts_slug_key,
  add constraint prompts_slug_key unique using index prompts_slug_idx;
create unique index concurrently if not exists prompts_tenant_id_slug_key
  on public.prompts (tenant_id, slug);

create unique index concurrently if not exists agent_tools_agent_id_tool_id_idx
  on public.agent_tools (agent_id, tool_id);
alter table public.agent_tools
  drop constraint if exists agent_tools_pkey,
  add constraint agent_tools_pkey primary key using index agent_tools_agent_id_tool_id_idx;
create unique index concurrently if not exists agent_tools_tenant_id_agent_id_tool_id_idx
  on public.agent_tools (tenant_id, agent_id, tool_id);

create unique index concurrently if not exists agents_slug_idx on public.agents (slug);
alter table public.agents
  drop constraint if exists agents_tenant_id_slug_key,
  drop constraint if exists agents_slug_key,
  add constraint agents_slug_key unique using index agents_slug_idx;
create unique index concurrently if not exists agents_tenant_id_slug_key
  on public.agents (tenant_id, slug);

create unique index concurrently if not exists users_email_idx on public.users (email);
alter table public.users
  drop constraint if exists users_tenant_id_email_key,
  drop constraint if exists users_email_key,
  add constraint users_email_key unique using index users_email_idx;
create unique index concurrently if not exists users_tenant_id_email_key
  on public.users (tenant_id, email);

create unique index concurrently if not exists tools_slug_idx on public.tools (slug);
alter table public.tools
  drop constraint if exists tools_tenant_id_slug_key,
  drop constraint if exists tools_slug_key,
  add constraint tools_slug_key unique using index tools_slug_idx;
create unique index concurrently if not exists tools_tenant_id_slug_key
  on public.tools (tenant_id, slug);

create unique index concurrently if not exists organizational_levels_slug_idx on public.organizational_levels (slug);
alter table public.organizational_levels
  drop constraint if exists organizational_levels_tenant_id_slug_key,
  drop constraint if exists organizational_levels_slug_key,
  add constraint organizational_levels_slug_key unique using index organizational_levels_slug_idx;
create unique index concurrently if not exists organizational_levels_tenant_id_slug_key
  on public.organizational_levels (tenant_id, slug);

create unique index concurrently if not exists org_departments_slug_idx on public.org_departments (slug);
alter table public.org_departments
  drop constraint if exists org_departments_tenant_id_slug_key,
  drop constraint if exists org_departments_slug_key,
  add constraint org_departments_slug_key unique using index org_departments_slug_idx;
create unique index concurrently if not exists org_departments_tenant_id_slug_key
  on public.org_departments (tenant_id, slug);

create unique index concurrently if not exists suite_functions_slug_idx on public.suite_functions (slug);
alter table public.suite_functions
  drop constraint if exists suite_functions_tenant_id_slug_key,
  drop constraint if exists suite_functions_slug_key,
  add constraint suite_functions_slug_key unique using index suite_functions_slug_idx;
create unique index concurrently if not exists suite_functions_tenant_id_slug_key
  on public.suite_functions (tenant_id, slug);
