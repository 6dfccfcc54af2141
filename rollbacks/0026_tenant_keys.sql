-- rowhouse: phase backfill
-- rowhouse: no-transaction
drop index concurrently if exists public.chat_messages_tenant_id_session_id_position_key;
drop index concurrently if exists public.jobs_to_be_done_tenant_id_reference_key;
drop index concurrently if exists public.personas_tenant_id_slug_key;
drop index concurrently if exists public.knowledge_tenant_id_slug_key;
drop index concurrently if exists public.prompts_tenant_id_slug_key;
drop index concurrently if exists public.agent_tools_tenant_id_agent_id_tool_id_idx;
drop index concurrently if exists public.agents_tenant_id_slug_key;
drop index concurrently if exists public.users_tenant_id_email_key;
drop index concurrently if exists public.tools_tenant_id_slug_key;
drop index concurrently if exists public.organizational_levels_tenant_id_slug_key;
drop index concurrently if exists public.org_departments_tenant_id_slug_key;
drop index concurrently if exists public.suite_functions_tenant_id_slug_key;
