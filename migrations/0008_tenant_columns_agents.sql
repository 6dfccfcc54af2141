-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- tenant_id on agents, agent_tools, prompts and knowledge, for now without a value in the rows that exist. The default
-- is set apart from the column, since together they would stamp those rows with the runner's own context. Code that
-- knows no tenant gets the trigger's answer, on updates too, since the check already holds for every new version of a
-- row.
-- The user triggers stay quiet while a backfill runs, so that it is no edit of anybody's: updated_at stays, and the
-- audit log gets no row.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- agents
alter table public.agents add column tenant_id uuid;
alter table public.agents
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.agents
  add constraint agents_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.agents
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.agents_contextless_writes;
grant usage on sequence public.agents_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.agents
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.agents_contextless_writes');
create or replace trigger touch_updated_at before update on public.agents
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.agents
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

-- agent_tools
alter table public.agent_tools add column tenant_id uuid;
alter table public.agent_tools
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.agent_tools
  add constraint agent_tools_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.agent_tools
  for each row when (new.tenant_id is null) execute function public.assign_agent_tenant();
create sequence public.agent_tools_contextless_writes;
grant usage on sequence public.agent_tools_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.agent_tools
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.agent_tools_contextless_writes');

-- prompts
alter table public.prompts add column tenant_id uuid;
alter table public.prompts
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.prompts
  add constraint prompts_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.prompts
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.prompts_contextless_writes;
grant usage on sequence public.prompts_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.prompts
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.prompts_contextless_writes');
create or replace trigger touch_updated_at before update on public.prompts
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.prompts
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.record_change();

-- knowledge
alter table public.knowledge add column tenant_id uuid;
alter table public.knowledge
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.knowledge
  add constraint knowledge_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.knowledge
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.knowledge_contextless_writes;
grant usage on sequence public.knowledge_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.knowledge
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.knowledge_contextless_writes');
create or replace trigger touch_updated_at before update on public.knowledge
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();
