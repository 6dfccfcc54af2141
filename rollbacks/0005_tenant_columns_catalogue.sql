-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- The checks go with their columns.

-- tools
create or replace trigger touch_updated_at before update on public.tools
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.tools;
drop sequence public.tools_contextless_writes;
drop trigger assign_tenant on public.tools;
alter table public.tools drop column tenant_id;

-- organizational_levels
create or replace trigger touch_updated_at before update on public.organizational_levels
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.organizational_levels;
drop sequence public.organizational_levels_contextless_writes;
drop trigger assign_tenant on public.organizational_levels;
alter table public.organizational_levels drop column tenant_id;

-- org_departments
create or replace trigger touch_updated_at before update on public.org_departments
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.org_departments;
drop sequence public.org_departments_contextless_writes;
drop trigger assign_tenant on public.org_departments;
alter table public.org_departments drop column tenant_id;

-- suite_functions
create or replace trigger touch_updated_at before update on public.suite_functions
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.suite_functions;
drop sequence public.suite_functions_contextless_writes;
drop trigger assign_tenant on public.suite_functions;
alter table public.suite_functions drop column tenant_id;
