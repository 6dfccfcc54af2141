-- What must not repeat: unique indexes, those of constraints among them, and exclusion constraints.
select i.indrelid,
       c.relname::text as name,
       i.indisexclusion as exclusion,
       array(select distinct a.attname::text
               from pg_catalog.pg_depend as d
               join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = d.refobjsubid
              where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = i.indexrelid
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.refobjid = i.indrelid
                and d.refobjsubid > 0
             union
             select a.attname::text
               from pg_catalog.pg_attribute as a
              where a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
              order by 1) as columns
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
 where i.indrelid = any ($1::oid[])
   and (i.indisunique or i.indisexclusion)
 order by i.indrelid, c.relname
