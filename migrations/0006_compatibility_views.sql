-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- rowhouse: tag schema-alignment
-- The names that the applications ask for. From PostgreSQL 15 on a view checks the rights and the policies of whoever
-- reads it. PostgreSQL 14 knows only the view's owner: there it is vital_owner, whom FORCE binds to the policies as
-- soon as there are any, so the context decides in both.
-- Locks: AccessShare on the tables. Rows: none.

create view public.business_functions as
select id, slug, name, description, created_at, updated_at, tenant_id
from public.suite_functions;
alter view public.business_functions owner to vital_owner;
comment on view public.business_functions is 'The name that the applications use for suite_functions';

create view public.departments as
select id, slug, name, function_id, created_at, updated_at, tenant_id
from public.org_departments;
alter view public.departments owner to vital_owner;
comment on view public.departments is 'The name that the applications use for org_departments';

create view public.organizational_roles as
select id, slug, name, rank, created_at, updated_at, tenant_id
from public.organizational_levels;
alter view public.organizational_roles owner to vital_owner;
comment on view public.organizational_roles is 'The name that the applications use for organizational_levels';

do $$
begin
  if pg_catalog.current_setting('server_version_num')::integer >= 150000 then
    alter view public.business_functions set (security_invoker = true);
    alter view public.departments set (security_invoker = true);
    alter view public.organizational_roles set (security_invoker = true);
  end if;
end
$$;
