-- The role itself, and every role that it can become, that row-level security does not bind.
select
  r.rolname::pg_catalog.text as role,
  r.rolsuper as super
from pg_catalog.pg_roles r
join pg_catalog.pg_roles app on app.rolname = $1
where
  (r.rolsuper or r.rolbypassrls)
  and (r.oid = app.oid or (not app.rolsuper and pg_catalog.pg_has_role(app.oid, r.oid, $2)))
order by r.oid <> app.oid, r.rolname
