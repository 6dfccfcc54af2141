-- rowhouse: phase contract
create or replace function public.record_change() returns trigger
language plpgsql as $$
declare
  old_row jsonb := case when tg_op <> 'INSERT' then pg_catalog.to_jsonb(old) end;
  new_row jsonb := case when tg_op <> 'DELETE' then pg_catalog.to_jsonb(new) end;
begin
  insert into public.audit_log (table_name, row_id, action, old_row, new_row)
  values (tg_table_name, (coalesce(new_row, old_row) ->> 'id')::uuid, tg_op, old_row, new_row);
  return null;
end
$$;
