-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- rowhouse: allow several-tables-locked an instant each, and half of it would be neither what was nor what is to be
-- No row gets a tenant by default any more: the session says whose it is, or the write fails. The user triggers are
-- again as they were before the conversion: a session that sets rowhouse.backfill can no longer write past the audit
-- log. Nor are writes counted that say no tenant: they fail from here on.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

drop trigger zz_count_contextless on public.suite_functions;
drop sequence public.suite_functions_contextless_writes;
drop trigger assign_tenant on public.suite_functions;
create or replace trigger touch_updated_at before update on public.suite_functions
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.org_departments;
drop sequence public.org_departments_contextless_writes;
drop trigger assign_tenant on public.org_departments;
create or replace trigger touch_updated_at before update on public.org_departments
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.organizational_levels;
drop sequence public.organizational_levels_contextless_writes;
drop trigger assign_tenant on public.organizational_levels;
create or replace trigger touch_updated_at before update on public.organizational_levels
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.tools;
drop sequence public.tools_contextless_writes;
drop trigger assign_tenant on public.tools;
create or replace trigger touch_updated_at before update on public.tools
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.users;
drop sequence public.users_contextless_writes;
drop trigger assign_tenant on public.users;
create or replace trigger touch_updated_at before update on public.users
  for each row execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.users
  for each row execute function public.record_change();

drop trigger zz_count_contextless on public.audit_log;
drop sequence public.audit_log_contextless_writes;
drop trigger assign_tenant on public.audit_log;

drop trigger zz_count_contextless on public.agents;
drop sequence public.agents_contextless_writes;
drop trigger assign_tenant on public.agents;
create or replace trigger touch_updated_at before update on public.agents
  for each row execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.agents
  for each row execute function public.record_change();

drop trigger zz_count_contextless on public.agent_tools;
drop sequence public.agent_tools_contextless_writes;
drop trigger assign_tenant on public.agent_tools;

drop trigger zz_count_contextless on public.prompts;
drop sequence public.prompts_contextless_writes;
drop trigger assign_tenant on public.prompts;
create or replace trigger touch_updated_at before update on public.prompts
  for each row execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.prompts
  for each row execute function public.record_change();

drop trigger zz_count_contextless on public.knowledge;
drop sequence public.knowledge_contextless_writes;
drop trigger assign_tenant on public.knowledge;
create or replace trigger touch_updated_at before update on public.knowledge
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.personas;
drop sequence public.personas_contextless_writes;
drop trigger assign_tenant on public.personas;
create or replace trigger touch_updated_at before update on public.personas
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.jobs_to_be_done;
drop sequence public.jobs_to_be_done_contextless_writes;
drop trigger assign_tenant on public.jobs_to_be_done;
create or replace trigger touch_updated_at before update on public.jobs_to_be_done
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.chat_sessions;
drop sequence public.chat_sessions_contextless_writes;
drop trigger assign_tenant on public.chat_sessions;
create or replace trigger touch_updated_at before update on public.chat_sessions
  for each row execute function public.touch_updated_at();

drop trigger zz_count_contextless on public.chat_messages;
drop sequence public.chat_messages_contextless_writes;
drop trigger assign_tenant on public.chat_messages;

drop function public.assign_platform_tenant();
drop function public.assign_agent_tenant();
drop function public.assign_session_tenant();
drop function public.assign_persona_tenant();
drop function public.count_contextless();
