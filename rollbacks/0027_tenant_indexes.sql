-- rowhouse: phase backfill
-- rowhouse: no-transaction
drop index concurrently if exists public.audit_log_tenant_id_changed_at_idx;
drop index concurrently if exists public.chat_sessions_tenant_id_user_id_started_at_idx;
drop index concurrently if exists public.chat_sessions_tenant_id_id_key;
drop index concurrently if exists public.agents_tenant_id_id_key;
drop index concurrently if exists public.users_tenant_id_id_key;
