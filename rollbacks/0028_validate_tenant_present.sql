-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- rowhouse: allow several-tables-locked an instant each, and half of it would be neither what was nor what is to be
-- The checks as they were: for new rows only.
-- Locks: AccessExclusive on each table, for an instant each.

alter table public.chat_messages drop constraint chat_messages_tenant_id_present;
alter table public.chat_messages
  add constraint chat_messages_tenant_id_present check (tenant_id is not null) not valid;

alter table public.chat_sessions drop constraint chat_sessions_tenant_id_present;
alter table public.chat_sessions
  add constraint chat_sessions_tenant_id_present check (tenant_id is not null) not valid;

alter table public.jobs_to_be_done drop constraint jobs_to_be_done_tenant_id_present;
alter table public.jobs_to_be_done
  add constraint jobs_to_be_done_tenant_id_present check (tenant_id is not null) not valid;

alter table public.personas drop constraint personas_tenant_id_present;
alter table public.personas
  add constraint personas_tenant_id_present check (tenant_id is not null) not valid;

alter table public.knowledge drop constraint knowledge_tenant_id_present;
alter table public.knowledge
  add constraint knowledge_tenant_id_present check (tenant_id is not null) not valid;

alter table public.prompts drop constraint prompts_tenant_id_present;
alter table public.prompts
  add constraint prompts_tenant_id_present check (tenant_id is not null) not valid;

alter table public.agent_tools drop constraint agent_tools_tenant_id_present;
alter table public.agent_tools
  add constraint agent_tools_tenant_id_present check (tenant_id is not null) not valid;

alter table public.agents drop constraint agents_tenant_id_present;
alter table public.agents
  add constraint agents_tenant_id_present check (tenant_id is not null) not valid;

alter table public.audit_log drop constraint audit_log_tenant_id_present;
alter table public.audit_log
  add constraint audit_log_tenant_id_present check (tenant_id is not null) not valid;

alter table public.users drop constraint users_tenant_id_present;
alter table public.users
  add constraint users_tenant_id_present check (tenant_id is not null) not valid;

alter table public.tools drop constraint tools_tenant_id_present;
alter table public.tools
  add constraint tools_tenant_id_present check (tenant_id is not null) not valid;

alter table public.organizational_levels drop constraint organizational_levels_tenant_id_present;
alter table public.organizational_levels
  add constraint organizational_levels_tenant_id_present check (tenant_id is not null) not valid;

alter table public.org_departments drop constraint org_departments_tenant_id_present;
alter table public.org_departments
  add constraint org_departments_tenant_id_present check (tenant_id is not null) not valid;

alter table public.suite_functions drop constraint suite_functions_tenant_id_present;
alter table public.suite_functions
  add constraint suite_functions_tenant_id_present check (tenant_id is not null) not valid;
