create schema if not exists rowhouse;

comment on schema rowhouse is 'Rowhouse: ledger, history and checkpoints of its runs. No part of the application.';

create table if not exists rowhouse.history (
  id           bigint generated always as identity primary key,
  name         text not null,
  direction    text not null check (direction in ('up', 'down', 'baseline', 'repair', 'seed', 'unseed')),
  outcome      text not null check (outcome in ('done', 'failed')),
  checksum     text,
  source       text,
  finished_at  timestamptz not null default pg_catalog.clock_timestamp(),
  duration_ms  integer not null,
  performed_by text not null default session_user,
  client       text not null,
  tool_version text not null,
  error        text
);

comment on table rowhouse.history is 'What was done to this database, append-only: one row a file and run. Checksum and source are those of the file that ran.';

create or replace function rowhouse.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'rowhouse.history is append-only';
end
$$;

create or replace trigger append_only
  before update or delete or truncate on rowhouse.history
  for each statement execute function rowhouse.refuse_change();

create table if not exists rowhouse.progress (
  name            text not null,
  direction       text not null check (direction in ('up', 'down')),
  statements_done integer not null,
  prefix_hash     text not null,
  in_flight       integer,
  updated_at      timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (name, direction)
);

comment on table rowhouse.progress is 'How far a no-transaction file came. It resumes after statements_done, if the text so far still has prefix_hash; in_flight is a statement that was begun outside a transaction.';

create table if not exists rowhouse.backfill (
  name       text not null,
  direction  text not null check (direction in ('up', 'down')),
  relation   text not null,
  source     text not null,
  key        text[] not null,
  last_key   text[],
  end_key    text[] not null,
  rows_done  bigint not null default 0,
  batches    bigint not null default 0,
  started_at timestamptz not null default pg_catalog.clock_timestamp(),
  updated_at timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (name, direction)
);

alter table rowhouse.backfill
  add column if not exists passes     integer not null default 1,
  add column if not exists paused     boolean not null default false,
  add column if not exists cancelled  boolean not null default false,
  add column if not exists batch_size integer,
  add column if not exists batch_ms   integer,
  add column if not exists load       integer,
  add column if not exists fraction   double precision,
  add column if not exists rate       double precision,
  add column if not exists held_by    text;

comment on table rowhouse.backfill is 'A backfill that has begun: what it goes over, how others want it to go (paused, cancelled, batch_size, batch_ms, load), and how it goes (fraction, rate, held_by). last_key, rows_done and batches are those of versions that knew no parts.';

create table if not exists rowhouse.backfill_part (
  name       text not null,
  direction  text not null,
  stage      text not null check (stage in ('fill', 'sweep')),
  part       integer not null,
  last_key   text[],
  end_key    text[] not null,
  range_end  text[],
  pass       integer not null default 0,
  rows_done  bigint not null default 0,
  batches    bigint not null default 0,
  updated_at timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (name, direction, stage, part),
  foreign key (name, direction) references rowhouse.backfill on delete cascade
);

comment on table rowhouse.backfill_part is 'The checkpoint of a part of a backfill: written in the transaction of each batch, so that it resumes exactly behind the last one that committed. Up to last_key everything is done, and of the range up to range_end so many passes.';

create table if not exists rowhouse.backfill_refused (
  name       text not null,
  direction  text not null,
  row_key    text[] not null,
  sqlstate   text not null,
  message    text not null,
  refused_at timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (name, direction, row_key),
  foreign key (name, direction) references rowhouse.backfill on delete cascade
);

comment on table rowhouse.backfill_refused is 'Rows that a backfill could not change, since a trigger or a constraint raised: by their key, or by their place where the table has none. The next run tries them again.';
