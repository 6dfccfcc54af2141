-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- rowhouse: allow several-tables-locked an instant each, and half of it would be neither what was nor what is to be
alter table public.chat_messages drop constraint chat_messages_tenant_id_session_id_fkey;
alter table public.chat_sessions drop constraint chat_sessions_tenant_id_user_id_fkey;
alter table public.prompts drop constraint prompts_tenant_id_author_id_fkey;
alter table public.agent_tools drop constraint agent_tools_tenant_id_agent_id_fkey;
alter table public.agents drop constraint agents_tenant_id_created_by_fkey;
alter table public.chat_messages drop constraint chat_messages_tenant_id_fkey;
alter table public.chat_sessions drop constraint chat_sessions_tenant_id_fkey;
alter table public.jobs_to_be_done drop constraint jobs_to_be_done_tenant_id_fkey;
alter table public.personas drop constraint personas_tenant_id_fkey;
alter table public.knowledge drop constraint knowledge_tenant_id_fkey;
alter table public.prompts drop constraint prompts_tenant_id_fkey;
alter table public.agent_tools drop constraint agent_tools_tenant_id_fkey;
alter table public.agents drop constraint agents_tenant_id_fkey;
alter table public.audit_log drop constraint audit_log_tenant_id_fkey;
alter table public.users drop constraint users_tenant_id_fkey;
alter table public.tools drop constraint tools_tenant_id_fkey;
alter table public.organizational_levels drop constraint organizational_levels_tenant_id_fkey;
alter table public.org_departments drop constraint org_departments_tenant_id_fkey;
alter table public.suite_functions drop constraint suite_functions_tenant_id_fkey;
