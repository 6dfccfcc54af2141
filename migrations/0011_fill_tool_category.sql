-- rowhouse: phase backfill
-- rowhouse: backfill
-- rowhouse: fires assign_tenant, derive_category
-- The name of its category for every tool that has one. Its triggers may fire: one says the same name, the other gives
-- the row the platform's tenant, which is what it gets anyway.
-- Locks: rows of tools, a batch at a time. Rows: all with a category_id.

update public.tools as t
set category = c.name
from public.tool_categories as c
where c.id = t.category_id and t.category is distinct from c.name;
