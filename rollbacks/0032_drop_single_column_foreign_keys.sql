-- rowhouse: phase contract
-- rowhouse: no-transaction
-- rowhouse: lock-timeout 500ms
-- The foreign keys of one column, read back in without a lock that stops writers.
-- Locks: ShareRowExclusive on a table and its parent for an instant; ShareUpdateExclusive while the rows are read.

alter table public.chat_messages add constraint chat_messages_session_id_fkey
  foreign key (session_id) references public.chat_sessions (id) on delete cascade not valid;
alter table public.chat_messages validate constraint chat_messages_session_id_fkey;

alter table public.chat_sessions add constraint chat_sessions_user_id_fkey
  foreign key (user_id) references public.users (id) not valid;
alter table public.chat_sessions validate constraint chat_sessions_user_id_fkey;

alter table public.prompts add constraint prompts_author_id_fkey
  foreign key (author_id) references public.users (id) not valid;
alter table public.prompts validate constraint prompts_author_id_fkey;

alter table public.agent_tools add constraint agent_tools_agent_id_fkey
  foreign key (agent_id) references public.agents (id) on delete cascade not valid;
alter table public.agent_tools validate constraint agent_tools_agent_id_fkey;

alter table public.agents add constraint agents_created_by_fkey
  foreign key (created_by) references public.users (id) not valid;
alter table public.agents validate constraint agents_created_by_fkey;
