-- Our view again, as migrations/0006_compatibility_views.sql has it.
create or replace view public.departments as
select id, slug, name, function_id, created_at, updated_at, tenant_id
from public.org_departments;
alter view public.departments owner to vital_owner;

do $$
begin
  if pg_catalog.current_setting('server_version_num')::integer >= 150000 then
    alter view public.departments set (security_invoker = true);
  end if;
end
$$;
