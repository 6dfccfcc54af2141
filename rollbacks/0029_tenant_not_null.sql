-- rowhouse: phase contract
-- rowhouse: no-transaction
-- rowhouse: lock-timeout 500ms
-- Back to the validated check. The first statement of each table is for a migration that was undone half-way.
-- Locks: AccessExclusive for an instant; ShareUpdateExclusive while the rows are read.

alter table public.chat_messages drop constraint if exists chat_messages_tenant_id_present;
alter table public.chat_messages
  add constraint chat_messages_tenant_id_present check (tenant_id is not null) not valid;
alter table public.chat_messages validate constraint chat_messages_tenant_id_present;
alter table public.chat_messages alter column tenant_id drop not null;

alter table public.chat_sessions drop constraint if exists chat_sessions_tenant_id_present;
alter table public.chat_sessions
  add constraint chat_sessions_tenant_id_present check (tenant_id is not null) not valid;
alter table public.chat_sessions validate constraint chat_sessions_tenant_id_present;
alter table public.chat_sessions alter column tenant_id drop not null;

alter table public.jobs_to_be_done drop constraint if exists jobs_to_be_done_tenant_id_present;
alter table public.jobs_to_be_done
  add constraint jobs_to_be_done_tenant_id_present check (tenant_id is not null) not valid;
alter table public.jobs_to_be_done validate constraint jobs_to_be_done_tenant_id_present;
alter table public.jobs_to_be_done alter column tenant_id drop not null;

alter table public.personas drop constraint if exists personas_tenant_id_present;
alter table public.personas
  add constraint personas_tenant_id_present check (tenant_id is not null) not valid;
alter table public.personas validate constraint personas_tenant_id_present;
alter table public.personas alter column tenant_id drop not null;

alter table public.knowledge drop constraint if exists knowledge_tenant_id_present;
alter table public.knowledge
  add constraint knowledge_tenant_id_present check (tenant_id is not null) not valid;
alter table public.knowledge validate constraint knowledge_tenant_id_present;
alter table public.knowledge alter column tenant_id drop not null;

alter table public.prompts drop constraint if exists prompts_tenant_id_present;
alter table public.prompts
  add constraint prompts_tenant_id_present check (tenant_id is not null) not valid;
alter table public.prompts validate constraint prompts_tenant_id_present;
alter table public.prompts alter column tenant_id drop not null;

alter table public.agent_tools drop constraint if exists agent_tools_tenant_id_present;
alter table public.agent_tools
  add constraint agent_tools_tenant_id_present check (tenant_id is not null) not valid;
alter table public.agent_tools validate constraint agent_tools_tenant_id_present;
alter table public.agent_tools alter column tenant_id drop not null;

alter table public.agents drop constraint if exists agents_tenant_id_present;
alter table public.agents
  add constraint agents_tenant_id_present check (tenant_id is not null) not valid;
alter table public.agents validate constraint agents_tenant_id_present;
alter table public.agents alter column tenant_id drop not null;

alter table public.audit_log drop constraint if exists audit_log_tenant_id_present;
alter table public.audit_log
  add constraint audit_log_tenant_id_present check (tenant_id is not null) not valid;
alter table public.audit_log validate constraint audit_log_tenant_id_present;
alter table public.audit_log alter column tenant_id drop not null;

alter table public.users drop constraint if exists users_tenant_id_present;
alter table public.users
  add constraint users_tenant_id_present check (tenant_id is not null) not valid;
alter table public.users validate constraint users_tenant_id_present;
alter table public.users alter column tenant_id drop not null;

alter table public.tools drop constraint if exists tools_tenant_id_present;
alter table public.tools
  add constraint tools_tenant_id_present check (tenant_id is not null) not valid;
alter table public.tools validate constraint tools_tenant_id_present;
alter table public.tools alter column tenant_id drop not null;

alter table public.organizational_levels drop constraint if exists organizational_levels_tenant_id_present;
alter table public.organizational_levels
  add constraint organizational_levels_tenant_id_present check (tenant_id is not null) not valid;
alter table public.organizational_levels validate constraint organizational_levels_tenant_id_present;
alter table public.organizational_levels alter column tenant_id drop not null;

alter table public.org_departments drop constraint if exists org_departments_tenant_id_present;
alter table public.org_departments
  add constraint org_departments_tenant_id_present check (tenant_id is not null) not valid;
alter table public.org_departments validate constraint org_departments_tenant_id_present;
alter table public.org_departments alter column tenant_id drop not null;

alter table public.suite_functions drop constraint if exists suite_functions_tenant_id_present;
alter table public.suite_functions
  add constraint suite_functions_tenant_id_present check (tenant_id is not null) not valid;
alter table public.suite_functions validate constraint suite_functions_tenant_id_present;
alter table public.suite_functions alter column tenant_id drop not null;
