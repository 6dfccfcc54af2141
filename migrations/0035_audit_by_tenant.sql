-- rowhouse: phase contract
-- An audit row belongs to the tenant of the row that it speaks of, whoever changed that. The function still runs with
-- the rights of the writer, so the policies of audit_log hold for it.
-- Locks: none. Rows: none.

create or replace function public.record_change() returns trigger
language plpgsql as $$
declare
  old_row jsonb := case when tg_op <> 'INSERT' then pg_catalog.to_jsonb(old) end;
  new_row jsonb := case when tg_op <> 'DELETE' then pg_catalog.to_jsonb(new) end;
  changed jsonb := coalesce(new_row, old_row);
begin
  insert into public.audit_log (tenant_id, table_name, row_id, action, old_row, new_row)
  values ((changed ->> 'tenant_id')::uuid, tg_table_name, (changed ->> 'id')::uuid, tg_op, old_row, new_row);
  return null;
end
$$;
