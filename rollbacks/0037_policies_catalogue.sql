-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- tools
alter table public.tools no force row level security;
alter table public.tools disable row level security;
drop policy tenant_delete on public.tools;
drop policy tenant_update on public.tools;
drop policy tenant_insert on public.tools;
drop policy tenant_select on public.tools;

-- organizational_levels
alter table public.organizational_levels no force row level security;
alter table public.organizational_levels disable row level security;
drop policy tenant_delete on public.organizational_levels;
drop policy tenant_update on public.organizational_levels;
drop policy tenant_insert on public.organizational_levels;
drop policy tenant_select on public.organizational_levels;

-- org_departments
alter table public.org_departments no force row level security;
alter table public.org_departments disable row level security;
drop policy tenant_delete on public.org_departments;
drop policy tenant_update on public.org_departments;
drop policy tenant_insert on public.org_departments;
drop policy tenant_select on public.org_departments;

-- suite_functions
alter table public.suite_functions no force row level security;
alter table public.suite_functions disable row level security;
drop policy tenant_delete on public.suite_functions;
drop policy tenant_update on public.suite_functions;
drop policy tenant_insert on public.suite_functions;
drop policy tenant_select on public.suite_functions;
