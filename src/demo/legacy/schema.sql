-- The VITAL platform before it knew tenants. Run as vital_owner, in an empty schema public.

create type public.agent_status as enum ('draft', 'active', 'retired');
create type public.message_role as enum ('user', 'assistant', 'system');

create sequence public.job_reference_seq;

-- Catalogues ---------------------------------------------------------------------------------------------------------

create table public.tool_categories (
  id          uuid primary key default gen_random_uuid(),
  name        text not null unique,
  description text,
  created_at  timestamptz not null default now()
);

create table public.tools (
  id          uuid primary key default gen_random_uuid(),
  slug        text not null unique,
  name        text not null,
  description text,
  category_id uuid references public.tool_categories (id),
  endpoint    text,
  is_active   boolean not null default true,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

create index tools_category_id_idx on public.tools (category_id);

-- The organisation ---------------------------------------------------------------------------------------------------

create table public.suite_functions (
  id          uuid primary key default gen_random_uuid(),
  slug        text not null unique,
  name        text not null,
  description text,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

create table public.org_departments (
  id          uuid primary key default gen_random_uuid(),
  slug        text not null unique,
  name        text not null,
  function_id uuid not null references public.suite_functions (id),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

create index org_departments_function_id_idx on public.org_departments (function_id);

create table public.organizational_levels (
  id         uuid primary key default gen_random_uuid(),
  slug       text not null unique,
  name       text not null,
  rank       smallint not null check (rank between 1 and 20),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table public.users (
  id            uuid primary key default gen_random_uuid(),
  email         text not null unique check (email = lower(email)),
  display_name  text not null,
  department_id uuid references public.org_departments (id),
  level_id      uuid references public.organizational_levels (id),
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);

create index users_department_id_idx on public.users (department_id);

-- Agents and what they work with -------------------------------------------------------------------------------------

create table public.agents (
  id                uuid primary key default gen_random_uuid(),
  slug              text not null unique,
  name              text not null,
  description       text,
  business_function text not null,
  function_id       uuid references public.suite_functions (id),
  status            public.agent_status not null default 'draft',
  system_prompt     text not null,
  created_by        uuid references public.users (id),
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now()
);

create index agents_business_function_idx on public.agents (business_function) where status = 'active';
create index agents_created_by_idx on public.agents (created_by);

create table public.agent_tools (
  agent_id   uuid not null references public.agents (id) on delete cascade,
  tool_id    uuid not null references public.tools (id),
  priority   smallint not null default 1 check (priority > 0),
  created_at timestamptz not null default now(),
  primary key (agent_id, tool_id)
);

create index agent_tools_tool_id_idx on public.agent_tools (tool_id);

create table public.prompts (
  id         uuid primary key default gen_random_uuid(),
  slug       text not null unique,
  title      text not null,
  body       text not null,
  agent_id   uuid references public.agents (id),
  author_id  uuid references public.users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index prompts_agent_id_idx on public.prompts (agent_id);
create index prompts_author_id_idx on public.prompts (author_id);

create table public.knowledge (
  id          uuid primary key default gen_random_uuid(),
  slug        text not null unique,
  title       text not null,
  content     text not null,
  domain      text not null,
  source_url  text,
  function_id uuid references public.suite_functions (id),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

create index knowledge_domain_idx on public.knowledge (domain);

-- User research ------------------------------------------------------------------------------------------------------

create table public.personas (
  id            uuid primary key default gen_random_uuid(),
  slug          text not null unique,
  name          text not null,
  goals         text,
  department_id uuid references public.org_departments (id),
  level_id      uuid references public.organizational_levels (id),
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);

create table public.jobs_to_be_done (
  id          uuid primary key default gen_random_uuid(),
  reference   text not null unique default 'JTBD-' || lpad(nextval('public.job_reference_seq')::text, 8, '0')
              check (reference like 'JTBD-%'),
  persona_id  uuid not null references public.personas (id),
  function_id uuid references public.suite_functions (id),
  statement   text not null,
  importance  smallint not null default 3 check (importance between 1 and 5),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

alter sequence public.job_reference_seq owned by public.jobs_to_be_done.reference;

create index jobs_to_be_done_persona_id_idx on public.jobs_to_be_done (persona_id);

-- Conversations ------------------------------------------------------------------------------------------------------

create table public.chat_sessions (
  id         uuid primary key default gen_random_uuid(),
  user_id    uuid not null references public.users (id),
  agent_id   uuid not null references public.agents (id),
  title      text not null,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index chat_sessions_user_id_started_at_idx on public.chat_sessions (user_id, started_at desc);
create index chat_sessions_agent_id_idx on public.chat_sessions (agent_id);

create table public.chat_messages (
  id         bigint generated always as identity primary key,
  session_id uuid not null references public.chat_sessions (id) on delete cascade,
  position   integer not null check (position > 0),
  role       public.message_role not null,
  content    text not null,
  created_at timestamptz not null default now(),
  unique (session_id, position)
);

-- Who changed what ---------------------------------------------------------------------------------------------------

create table public.audit_log (
  id         bigint generated always as identity primary key,
  table_name text not null,
  row_id     uuid not null,
  action     text not null check (action in ('INSERT', 'UPDATE', 'DELETE')),
  changed_by text not null default current_user,
  changed_at timestamptz not null default now(),
  old_row    jsonb,
  new_row    jsonb
);

create index audit_log_table_name_row_id_idx on public.audit_log (table_name, row_id);

create function public.touch_updated_at() returns trigger
language plpgsql as $$
begin
  new.updated_at := pg_catalog.now();
  return new;
end
$$;

create function public.record_change() returns trigger
language plpgsql as $$
declare
  old_row jsonb := case when tg_op <> 'INSERT' then pg_catalog.to_jsonb(old) end;
  new_row jsonb := case when tg_op <> 'DELETE' then pg_catalog.to_jsonb(new) end;
begin
  insert into public.audit_log (table_name, row_id, action, old_row, new_row)
  values (tg_table_name, (coalesce(new_row, old_row) ->> 'id')::uuid, tg_op, old_row, new_row);
  return null;
end
$$;

create trigger touch_updated_at before update on public.tools
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.suite_functions
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.org_departments
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.organizational_levels
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.users
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.agents
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.prompts
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.knowledge
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.personas
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.jobs_to_be_done
  for each row execute function public.touch_updated_at();
create trigger touch_updated_at before update on public.chat_sessions
  for each row execute function public.touch_updated_at();

create trigger record_change after insert or update or delete on public.users
  for each row execute function public.record_change();
create trigger record_change after insert or update or delete on public.agents
  for each row execute function public.record_change();
create trigger record_change after insert or update or delete on public.prompts
  for each row execute function public.record_change();

comment on table public.tools is 'What an agent may call';
comment on table public.suite_functions is 'Business functions of the suite';
comment on table public.org_departments is 'Departments, each of one business function';
comment on table public.organizational_levels is 'Levels of seniority, from analyst to executive';
comment on table public.agents is 'Assistants that people talk to';
comment on table public.jobs_to_be_done is 'What a persona wants to get done';
comment on table public.chat_messages is 'Messages of a session, in the order of their position';
comment on table public.audit_log is 'One row for each change of an audited table';
comment on column public.agents.business_function is 'Free text, as the application shows it';
comment on column public.jobs_to_be_done.reference is 'The number that people use when they speak of a job';
comment on trigger record_change on public.agents is 'Agents are audited since they give advice on regulated work';
