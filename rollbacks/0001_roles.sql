-- rowhouse: phase expand
-- Drops the roles that the migration made, unless something else in the cluster still needs them.

revoke usage on schema public from vital_app, vital_etl;

do $$
declare
  role_name name;
begin
  for role_name in
    select rolname
    from pg_catalog.pg_roles
    where rolname in ('vital_app', 'vital_etl')
      and pg_catalog.shobj_description(oid, 'pg_authid') = 'Made by the migration 0001_roles of VITAL'
  loop
    begin
      execute format('drop role %I', role_name);
    exception
      when dependent_objects_still_exist then
        raise notice 'The role % stays: another database of this cluster uses it.', role_name;
      when insufficient_privilege then
        raise notice 'The role % stays: % may not drop it.', role_name, current_user;
      when undefined_object or internal_error then
        raise notice 'The role % was dropped by another session at the same moment.', role_name;
    end;
  end loop;
end
$$;
