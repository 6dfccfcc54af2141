-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
drop trigger rename_category on public.tool_categories;
drop trigger derive_category on public.tools;
drop function public.rename_tool_category();
drop function public.derive_tool_category();
alter table public.tools drop column category;
