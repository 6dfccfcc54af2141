select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') as "createSchemas",
       pg_catalog.to_regnamespace('rowhouse') is not null as "hasHistory",
       (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles as r where r.rolname = current_user) as "createRoles",
       (select coalesce(pg_catalog.jsonb_object_agg(w.name, pg_catalog.has_schema_privilege(n.oid, 'CREATE')), '{}')
          from pg_catalog.unnest($1::text[]) as w (name)
          join pg_catalog.pg_namespace as n
            on n.nspname = case when w.name = '' then pg_catalog.current_schema() else w.name end) as schemas,
       (select coalesce(pg_catalog.jsonb_object_agg(r.rolname, pg_catalog.pg_has_role(r.oid, $3)), '{}')
          from pg_catalog.pg_roles as r
         where r.rolname = any ($2::text[])) as roles
