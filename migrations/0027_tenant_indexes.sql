-- rowhouse: phase backfill
-- rowhouse: no-transaction
-- rowhouse: tag tenant-structure
-- rowhouse: allow concurrent-if-not-exists a run that goes on after a kill meets what it has built
-- Keys (tenant_id, id) for the composite foreign keys to come, and the indexes of private tables that have no natural
-- key.
-- Locks: ShareUpdateExclusive on one table at a time; reads and writes go on. Rows: none.

create unique index concurrently if not exists users_tenant_id_id_key on public.users (tenant_id, id);
create unique index concurrently if not exists agents_tenant_id_id_key on public.agents (tenant_id, id);
create unique index concurrently if not exists chat_sessions_tenant_id_id_key on public.chat_sessions (tenant_id, id);

-- What the application asks for, and what its policies find it by.
create index concurrently if not exists chat_sessions_tenant_id_user_id_started_at_idx
  on public.chat_sessions (tenant_id, user_id, started_at desc);
create index concurrently if not exists audit_log_tenant_id_changed_at_idx
  on public.audit_log (tenant_id, changed_at);

-- The planner knows nothing of the new columns yet, and every policy is about to ask for them.
analyze public.suite_functions, public.org_departments, public.organizational_levels, public.tools, public.users,
  public.agents, public.agent_tools, public.prompts, public.knowledge, public.personas, public.jobs_to_be_done,
  public.chat_sessions, public.chat_messages, public.audit_log;
