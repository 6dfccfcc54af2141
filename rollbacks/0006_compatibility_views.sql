-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
drop view public.organizational_roles;
drop view public.departments;
drop view public.business_functions;
