-- rowhouse: phase backfill
-- rowhouse: backfill
-- The name of its category for every tool that has one.
-- Locks: rows of tools, a batch at a time. Rows: all with a category_id.

update public.tools as t
set category = c.name
from public.tool_categories as c
where c.id = t.category_id and t.category is distinct from c.name;
