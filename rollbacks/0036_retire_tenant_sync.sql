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

create trigger assign_tenant before insert or update on public.chat_messages
  for each row when (new.tenant_id is null) execute function public.assign_session_tenant();

create trigger assign_tenant before insert or update on public.chat_sessions
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.chat_sessions
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.jobs_to_be_done
  for each row when (new.tenant_id is null) execute function public.assign_persona_tenant();
create or replace trigger touch_updated_at before update on public.jobs_to_be_done
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.personas
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.personas
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.knowledge
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.knowledge
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.prompts
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.prompts
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.prompts
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

create trigger assign_tenant before insert or update on public.agent_tools
  for each row when (new.tenant_id is null) execute function public.assign_agent_tenant();

create trigger assign_tenant before insert or update on public.agents
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.agents
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.agents
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

create trigger assign_tenant before insert or update on public.audit_log
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();

create trigger assign_tenant before insert or update on public.users
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.users
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.users
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

create trigger assign_tenant before insert or update on public.tools
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.tools
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.organizational_levels
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.organizational_levels
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.org_departments
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.org_departments
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

create trigger assign_tenant before insert or update on public.suite_functions
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create or replace trigger touch_updated_at before update on public.suite_functions
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
