-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of agents that exist become the platform's.
-- Locks: rows of agents, a batch at a time. Rows: all that have no tenant.

update public.agents as a
set tenant_id = '00000000-0000-0000-0000-000000000001'
where a.tenant_id is null;
