-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of agent_tools that exist get the tenant of their agent.
-- Locks: rows of agent_tools, a batch at a time. Rows: all that have no tenant.

update public.agent_tools as l
set tenant_id = a.tenant_id
from public.agents as a
where a.id = l.agent_id and l.tenant_id is null;
