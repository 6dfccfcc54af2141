-- rowhouse: phase contract
-- rowhouse: no-transaction
-- rowhouse: lock-timeout 500ms
-- NOT NULL, which PostgreSQL takes from the validated check without reading a row; then the check has done its work.
-- In two statements: in one, the check would go first and the table be read. A statement at a time, so that no two
-- tables are locked at once.
-- Locks: AccessExclusive on one table at a time, for an instant. Rows: none.

alter table public.suite_functions alter column tenant_id set not null;
alter table public.suite_functions drop constraint suite_functions_tenant_id_present;

alter table public.org_departments alter column tenant_id set not null;
alter table public.org_departments drop constraint org_departments_tenant_id_present;

alter table public.organizational_levels alter column tenant_id set not null;
alter table public.organizational_levels drop constraint organizational_levels_tenant_id_present;

alter table public.tools alter column tenant_id set not null;
alter table public.tools drop constraint tools_tenant_id_present;

alter table public.users alter column tenant_id set not null;
alter table public.users drop constraint users_tenant_id_present;

alter table public.audit_log alter column tenant_id set not null;
alter table public.audit_log drop constraint audit_log_tenant_id_present;

alter table public.agents alter column tenant_id set not null;
alter table public.agents drop constraint agents_tenant_id_present;

alter table public.agent_tools alter column tenant_id set not null;
alter table public.agent_tools drop constraint agent_tools_tenant_id_present;

alter table public.prompts alter column tenant_id set not null;
alter table public.prompts drop constraint prompts_tenant_id_present;

alter table public.knowledge alter column tenant_id set not null;
alter table public.knowledge drop constraint knowledge_tenant_id_present;

alter table public.personas alter column tenant_id set not null;
alter table public.personas drop constraint personas_tenant_id_present;

alter table public.jobs_to_be_done alter column tenant_id set not null;
alter table public.jobs_to_be_done drop constraint jobs_to_be_done_tenant_id_present;

alter table public.chat_sessions alter column tenant_id set not null;
alter table public.chat_sessions drop constraint chat_sessions_tenant_id_present;

alter table public.chat_messages alter column tenant_id set not null;
alter table public.chat_messages drop constraint chat_messages_tenant_id_present;
