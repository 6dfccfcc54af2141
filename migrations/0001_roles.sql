-- rowhouse: phase expand
-- The application's role and the role of jobs over all tenants, if they do not exist. Both log in, own nothing, and
-- have no password: whoever runs the server gives them one.
-- Roles belong to the whole cluster. The comment marks those that this file made, so that its rollback drops no other;
-- USAGE on the schema, which every role has through PUBLIC, makes them depend on this database, so that the rollback
-- of another one leaves them alone.
-- Locks: none on any table. Rows: none.

do $$
begin
  for attempt in 1..10 loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = 'vital_app') then
        create role vital_app login nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
        comment on role vital_app is 'Made by the migration 0001_roles of VITAL';
      end if;
      grant usage on schema public to vital_app;
      exit;
    exception
      when duplicate_object or unique_violation or undefined_object then
        -- Another database made or dropped it at this moment: look again.
        if attempt = 10 then raise; end if;
      when insufficient_privilege then
        raise exception 'The role vital_app does not exist, and % may not create it.', current_user
          using hint = 'Run this as a superuser, then migrate again: create role vital_app login;';
    end;
  end loop;
end
$$;

do $$
begin
  for attempt in 1..10 loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = 'vital_etl') then
        create role vital_etl login nosuperuser bypassrls nocreatedb nocreaterole noreplication;
        comment on role vital_etl is 'Made by the migration 0001_roles of VITAL';
      end if;
      grant usage on schema public to vital_etl;
      exit;
    exception
      when duplicate_object or unique_violation or undefined_object then
        -- Another database made or dropped it at this moment: look again.
        if attempt = 10 then raise; end if;
      when insufficient_privilege then
        raise exception 'The role vital_etl does not exist, and % may not create it.', current_user
          using hint = 'Run this as a superuser, then migrate again: create role vital_etl login bypassrls;';
    end;
  end loop;
end
$$;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'vital_app' and (rolsuper or rolbypassrls)) then
    raise exception 'The role vital_app exists, and row-level security does not bind it.'
      using hint = 'Run as a superuser: alter role vital_app nosuperuser nobypassrls;';
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'vital_etl' and rolbypassrls) then
    raise exception 'The role vital_etl exists, but row-level security would hide rows from its jobs.'
      using hint = 'Run as a superuser: alter role vital_etl bypassrls;';
  end if;
end
$$;
