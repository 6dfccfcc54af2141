insert into rowhouse.history (name, direction, outcome, checksum, source, duration_ms, client, tool_version)
values ($1, $2, 'done', $3, $4,
        -- Sent before the statements of the file have run: what they take is known here alone.
        $5 + 1000 * pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.now()),
        $6, $7)
