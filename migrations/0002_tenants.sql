-- rowhouse: phase expand
-- rowhouse: tag roles-and-tenants
-- The root of the model: one row a tenant.
-- Locks: none, the table is new. Rows: three.

create table public.tenants (
  id         uuid primary key,
  slug       text not null unique,
  name       text not null,
  created_at timestamptz not null default now()
);
alter table public.tenants owner to vital_owner;
comment on table public.tenants is 'Who shares this database; the first is the platform itself';

-- A fixed moment: two databases that are converted alike shall be alike.
insert into public.tenants (id, slug, name, created_at)
values
  ('00000000-0000-0000-0000-000000000001', 'platform', 'VITAL Platform', '2026-01-01T00:00:00Z'),
  ('11111111-1111-1111-1111-111111111111', 'digital-health-startup', 'Digital Health Startup', '2026-01-01T00:00:00Z'),
  ('f7aa6fd4-0af9-4706-8b31-034f1f7accda', 'pharmaceuticals', 'Pharmaceuticals', '2026-01-01T00:00:00Z');
