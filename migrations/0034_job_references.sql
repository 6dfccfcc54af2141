-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- References drawn at random. Numbers from one sequence would tell each tenant how many jobs the others wrote in
-- between, and the right to draw them would show the total. The sequence stays where it is.
-- Locks: AccessExclusive on jobs_to_be_done, for an instant. Rows: none.

alter table public.jobs_to_be_done
  alter column reference set default 'JTBD-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 12));
