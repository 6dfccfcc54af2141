-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- The checks go with their columns.

-- jobs_to_be_done
create or replace trigger touch_updated_at before update on public.jobs_to_be_done
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.jobs_to_be_done;
drop sequence public.jobs_to_be_done_contextless_writes;
drop trigger assign_tenant on public.jobs_to_be_done;
alter table public.jobs_to_be_done drop column tenant_id;

-- personas
create or replace trigger touch_updated_at before update on public.personas
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.personas;
drop sequence public.personas_contextless_writes;
drop trigger assign_tenant on public.personas;
alter table public.personas drop column tenant_id;
