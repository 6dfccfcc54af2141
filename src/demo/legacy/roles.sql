-- The role that owns every object of the legacy database. Roles belong to the whole cluster, so another database may be
-- creating the same one at this moment: a loser of that race finds the role there, which is all it wanted.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'vital_owner') then
    create role vital_owner login nosuperuser nocreatedb nocreaterole nobypassrls;
  end if;
exception
  when duplicate_object or unique_violation then null;
end
$$;

-- PostgreSQL 14 lets every role create objects in public; 15 and later let none.
revoke create on schema public from public;
grant usage, create on schema public to vital_owner;
