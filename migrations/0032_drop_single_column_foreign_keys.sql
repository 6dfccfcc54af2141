-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- The foreign keys that the composite ones replace: they would accept a parent of another tenant.
-- Locks: AccessExclusive on each table and its parent, for an instant each. Rows: none.

alter table public.agents drop constraint agents_created_by_fkey;
alter table public.agent_tools drop constraint agent_tools_agent_id_fkey;
alter table public.prompts drop constraint prompts_author_id_fkey;
alter table public.chat_sessions drop constraint chat_sessions_user_id_fkey;
alter table public.chat_messages drop constraint chat_messages_session_id_fkey;
