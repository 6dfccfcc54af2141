-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
create function public.assign_platform_tenant() returns trigger
language plpgsql as $$
begin
  new.tenant_id := '00000000-0000-0000-0000-000000000001';
  return new;
end
$$;
alter function public.assign_platform_tenant() owner to vital_owner;

create function public.assign_agent_tenant() returns trigger
language plpgsql as $$
begin
  new.tenant_id := coalesce(
    (select agent.tenant_id from public.agents as agent where agent.id = new.agent_id),
    '00000000-0000-0000-0000-000000000001'
  );
  return new;
end
$$;
alter function public.assign_agent_tenant() owner to vital_owner;

create function public.assign_session_tenant() returns trigger
language plpgsql as $$
begin
  new.tenant_id := coalesce(
    (select session.tenant_id from public.chat_sessions as session where session.id = new.session_id),
    '00000000-0000-0000-0000-000000000001'
  );
  return new;
end
$$;
alter function public.assign_session_tenant() owner to vital_owner;

create function public.assign_persona_tenant() returns trigger
language plpgsql as $$
begin
  new.tenant_id := coalesce(
    (select persona.tenant_id from public.personas as persona where persona.id = new.persona_id),
    '00000000-0000-0000-0000-000000000001'
  );
  return new;
end
$$;
alter function public.assign_persona_tenant() owner to vital_owner;

create function public.count_contextless() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  count bigint := nextval(tg_argv[0]::regclass);
begin
  if count & (count - 1) = 0 then
    raise log '% without a context on %.%, the %th: role %, application %',
      tg_op, tg_table_schema, tg_table_name, count, session_user, current_setting('application_name');
  end if;
  return null;
end
$$;
alter function public.count_contextless() owner to vital_owner;

create trigger assign_tenant before insert or update on public.chat_messages
  for each row when (new.tenant_id is null) execute function public.assign_session_tenant();
create sequence public.chat_messages_contextless_writes;
grant usage on sequence public.chat_messages_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.chat_messages
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.chat_messages_contextless_writes');

create trigger assign_tenant before insert or update on public.chat_sessions
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.chat_sessions_contextless_writes;
grant usage on sequence public.chat_sessions_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.chat_sessions
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.chat_sessions_contextless_writes');
create or replace trigger touch_updated_at before update on public.chat_sessions
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.jobs_to_be_done
  for each row when (new.tenant_id is null) execute function public.assign_persona_tenant();
create sequence public.jobs_to_be_done_contextless_writes;
grant usage on sequence public.jobs_to_be_done_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.jobs_to_be_done
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.jobs_to_be_done_contextless_writes');
create or replace trigger touch_updated_at before update on public.jobs_to_be_done
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.personas
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.personas_contextless_writes;
grant usage on sequence public.personas_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.personas
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.personas_contextless_writes');
create or replace trigger touch_updated_at before update on public.personas
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.knowledge
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.knowledge_contextless_writes;
grant usage on sequence public.knowledge_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.knowledge
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.knowledge_contextless_writes');
create or replace trigger touch_updated_at before update on public.knowledge
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.prompts
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.prompts_contextless_writes;
grant usage on sequence public.prompts_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.prompts
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.prompts_contextless_writes');
create or replace trigger touch_updated_at before update on public.prompts
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.prompts
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

create trigger assign_tenant before insert or update on public.agent_tools
  for each row when (new.tenant_id is null) execute function public.assign_agent_tenant();
create sequence public.agent_tools_contextless_writes;
grant usage on sequence public.agent_tools_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.agent_tools
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.agent_tools_contextless_writes');

create trigger assign_tenant before insert or update on public.agents
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.agents_contextless_writes;
grant usage on sequence public.agents_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.agents
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.agents_contextless_writes');
create or replace trigger touch_updated_at before update on public.agents
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.agents
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

create trigger assign_tenant before insert or update on public.audit_log
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.audit_log_contextless_writes;
grant usage on sequence public.audit_log_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.audit_log
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.audit_log_contextless_writes');

create trigger assign_tenant before insert or update on public.users
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.users_contextless_writes;
grant usage on sequence public.users_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.users
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.users_contextless_writes');
create or replace trigger touch_updated_at before update on public.users
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.users
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

create trigger assign_tenant before insert or update on public.tools
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.tools_contextless_writes;
grant usage on sequence public.tools_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.tools
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.tools_contextless_writes');
create or replace trigger touch_updated_at before update on public.tools
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.organizational_levels
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.organizational_levels_contextless_writes;
grant usage on sequence public.organizational_levels_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.organizational_levels
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.organizational_levels_contextless_writes');
create or replace trigger touch_updated_at before update on public.organizational_levels
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.org_departments
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.org_departments_contextless_writes;
grant usage on sequence public.org_departments_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.org_departments
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.org_departments_contextless_writes');
create or replace trigger touch_updated_at before update on public.org_departments
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.suite_functions
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.suite_functions_contextless_writes;
grant usage on sequence public.suite_functions_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.suite_functions
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.suite_functions_contextless_writes');
create or replace trigger touch_updated_at before update on public.suite_functions
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
