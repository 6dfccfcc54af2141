-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
alter table public.jobs_to_be_done
  alter column reference set default 'JTBD-' || lpad(nextval('public.job_reference_seq')::text, 8, '0');
