-- rowhouse: phase contract
-- rowhouse: no-transaction
-- rowhouse: lock-timeout 500ms
-- The natural keys hold within a tenant from here on. A key over all tenants tells one of them what another has: an
-- insert that fails says that the value is taken.
-- Each statement is atomic, and each table is locked by its own statement alone: there is no moment without a key.
-- Locks: AccessExclusive on one table at a time, for an instant. Rows: none.

alter table public.suite_functions
  drop constraint suite_functions_slug_key,
  add constraint suite_functions_tenant_id_slug_key unique using index suite_functions_tenant_id_slug_key;
alter table public.org_departments
  drop constraint org_departments_slug_key,
  add constraint org_departments_tenant_id_slug_key unique using index org_departments_tenant_id_slug_key;
alter table public.organizational_levels
  drop constraint organizational_levels_slug_key,
  add constraint organizational_levels_tenant_id_slug_key unique using index organizational_levels_tenant_id_slug_key;
alter table public.tools
  drop constraint tools_slug_key,
  add constraint tools_tenant_id_slug_key unique using index tools_tenant_id_slug_key;
alter table public.users
  drop constraint users_email_key,
  add constraint users_tenant_id_email_key unique using index users_tenant_id_email_key;
alter table public.agents
  drop constraint agents_slug_key,
  add constraint agents_tenant_id_slug_key unique using index agents_tenant_id_slug_key;
alter table public.agent_tools
  drop constraint agent_tools_pkey,
  add constraint agent_tools_pkey primary key using index agent_tools_tenant_id_agent_id_tool_id_idx;
alter table public.prompts
  drop constraint prompts_slug_key,
  add constraint prompts_tenant_id_slug_key unique using index prompts_tenant_id_slug_key;
alter table public.knowledge
  drop constraint knowledge_slug_key,
  add constraint knowledge_tenant_id_slug_key unique using index knowledge_tenant_id_slug_key;
alter table public.personas
  drop constraint personas_slug_key,
  add constraint personas_tenant_id_slug_key unique using index personas_tenant_id_slug_key;
alter table public.jobs_to_be_done
  drop constraint jobs_to_be_done_reference_key,
  add constraint jobs_to_be_done_tenant_id_reference_key unique using index jobs_to_be_done_tenant_id_reference_key;
alter table public.chat_messages
  drop constraint chat_messages_session_id_position_key,
  add constraint chat_messages_tenant_id_session_id_position_key
    unique using index chat_messages_tenant_id_session_id_position_key;
