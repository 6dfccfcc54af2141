-- rowhouse: phase expand
drop table public.tenants;
