-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of jobs_to_be_done that exist get the tenant of their persona.
-- Locks: rows of jobs_to_be_done, a batch at a time. Rows: all that have no tenant.

update public.jobs_to_be_done as j
set tenant_id = p.tenant_id
from public.personas as p
where p.id = j.persona_id and j.tenant_id is null;
