select b.name,
       b.direction,
       b.relation,
       case when b.key[1] = 'ctid tid' then pg_catalog.format('pages, passes: %s', b.passes)
            else 'key: ' || pg_catalog.array_to_string(b.key, ', ') end as way,
       coalesce(p.rows_done, b.rows_done)::float8 as rows,
       coalesce(p.batches, b.batches)::float8 as batches,
       (select pg_catalog.count(*)
          from rowhouse.backfill_refused as r
         where r.name = b.name and r.direction = b.direction)::integer as refused,
       (select coalesce(pg_catalog.json_agg(f.row order by f.refused_at, f.row_key), '[]')
          from (select pg_catalog.json_build_object(
                         'rowKey', r.row_key, 'sqlstate', r.sqlstate, 'message', r.message) as row,
                       r.refused_at,
                       r.row_key
                  from rowhouse.backfill_refused as r
                 where r.name = b.name and r.direction = b.direction
                 order by r.refused_at, r.row_key
                 limit $1) as f) as "refusedRows",
       b.fraction,
       b.rate,
       case when b.rate > 0 and b.fraction > 0
            then pg_catalog.round((p.rows_done / b.fraction - p.rows_done) / b.rate)::float8 end as "secondsLeft",
       b.held_by as "heldBy",
       b.paused,
       b.batch_size as "batchSize",
       b.batch_ms as "batchMs",
       b.load,
       pg_catalog.to_char(b.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "startedAt",
       pg_catalog.to_char(b.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "toldAt"
  from rowhouse.backfill as b
  left join lateral (
       select pg_catalog.sum(x.rows_done) as rows_done,
              pg_catalog.sum(x.batches) as batches
         from rowhouse.backfill_part as x
        where x.name = b.name and x.direction = b.direction
       ) as p on true
 order by b.name, b.direction
