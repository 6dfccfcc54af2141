-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- tools.category: the name of the category as text, beside category_id. Where category_id is set it decides, also for
-- code that has never heard of category; where it is not, category is free text. Both triggers stay after the
-- conversion.
-- Locks: AccessExclusive on tools for an instant, ShareRowExclusive on tool_categories. Rows: none; the backfill fills
-- the column.

alter table public.tools add column category text;
comment on column public.tools.category is 'The name of the category, derived wherever category_id is set';

-- Locks the category's row, or a rename at the same moment would leave the old name behind. The lock needs UPDATE,
-- which the application does not have: hence SECURITY DEFINER, over a table that every tenant may read.
create function public.derive_tool_category() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.category_id is not null then
    select category.name into new.category
    from public.tool_categories as category
    where category.id = new.category_id
    for key share;
  elsif tg_op = 'UPDATE' and old.category_id is not null and new.category is not distinct from old.category then
    new.category := null;
  end if;
  return new;
end
$$;
alter function public.derive_tool_category() owner to vital_owner;

create trigger derive_category before insert or update of category_id, category on public.tools
  for each row execute function public.derive_tool_category();

-- A rename reaches the tools of every tenant. With row security off, a role that may not see them all gets an error;
-- with it on, it would pass over the hidden ones in silence.
create function public.rename_tool_category() returns trigger
language plpgsql set row_security = off as $$
begin
  update public.tools as tool
  set category = new.name
  where tool.category_id = new.id and tool.category is distinct from new.name;
  return null;
end
$$;
alter function public.rename_tool_category() owner to vital_owner;

create trigger rename_category after update of name on public.tool_categories
  for each row when (old.name is distinct from new.name) execute function public.rename_tool_category();
