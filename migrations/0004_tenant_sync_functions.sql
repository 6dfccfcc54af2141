-- rowhouse: phase expand
-- The tenant of rows that code without tenants writes while the conversion runs: the platform, or the tenant of the
-- row's parent. A parent that the backfill has not reached yet is the platform's. Dropped in the contract phase.
-- Locks: none. Rows: none.

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

-- What code writes that says no tenant is counted, for `rowhouse backfill finalize`. Counting keeps nobody waiting, as a
-- row would; the log gets few lines, however many writes there are.
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
