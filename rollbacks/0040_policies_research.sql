-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- jobs_to_be_done
alter table public.jobs_to_be_done no force row level security;
alter table public.jobs_to_be_done disable row level security;
drop policy tenant_delete on public.jobs_to_be_done;
drop policy tenant_update on public.jobs_to_be_done;
drop policy tenant_insert on public.jobs_to_be_done;
drop policy tenant_select on public.jobs_to_be_done;

-- personas
alter table public.personas no force row level security;
alter table public.personas disable row level security;
drop policy tenant_delete on public.personas;
drop policy tenant_update on public.personas;
drop policy tenant_insert on public.personas;
drop policy tenant_select on public.personas;
