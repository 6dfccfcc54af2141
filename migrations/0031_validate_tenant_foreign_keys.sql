-- rowhouse: phase contract
-- rowhouse: no-transaction
-- Reads the rows that were there before the foreign keys. A statement at a time, so that no table stays locked for the
-- others' sake.
-- Locks: ShareUpdateExclusive on one table at a time, RowShare on its parent; reads and writes go on. Rows: reads all.

alter table public.suite_functions validate constraint suite_functions_tenant_id_fkey;
alter table public.org_departments validate constraint org_departments_tenant_id_fkey;
alter table public.organizational_levels validate constraint organizational_levels_tenant_id_fkey;
alter table public.tools validate constraint tools_tenant_id_fkey;
alter table public.users validate constraint users_tenant_id_fkey;
alter table public.audit_log validate constraint audit_log_tenant_id_fkey;
alter table public.agents validate constraint agents_tenant_id_fkey;
alter table public.agent_tools validate constraint agent_tools_tenant_id_fkey;
alter table public.prompts validate constraint prompts_tenant_id_fkey;
alter table public.knowledge validate constraint knowledge_tenant_id_fkey;
alter table public.personas validate constraint personas_tenant_id_fkey;
alter table public.jobs_to_be_done validate constraint jobs_to_be_done_tenant_id_fkey;
alter table public.chat_sessions validate constraint chat_sessions_tenant_id_fkey;
alter table public.chat_messages validate constraint chat_messages_tenant_id_fkey;
alter table public.agents validate constraint agents_tenant_id_created_by_fkey;
alter table public.agent_tools validate constraint agent_tools_tenant_id_agent_id_fkey;
alter table public.prompts validate constraint prompts_tenant_id_author_id_fkey;
alter table public.chat_sessions validate constraint chat_sessions_tenant_id_user_id_fkey;
alter table public.chat_messages validate constraint chat_messages_tenant_id_session_id_fkey;
