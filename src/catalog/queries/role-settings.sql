-- What ALTER ROLE … SET and ALTER DATABASE … SET preset for sessions of this database.
select
  r.rolname::pg_catalog.text as rolname,
  s.setdatabase <> 0 as "thisDatabase",
  s.setconfig
from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_roles r on r.oid = s.setrole
left join pg_catalog.pg_database d on d.oid = s.setdatabase
where s.setdatabase = 0 or d.datname = pg_catalog.current_database()
order by 1 nulls first, 2
