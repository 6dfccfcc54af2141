-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- Foreign keys to the tenants, and composite ones wherever the parent is never shared. Parents that the platform
-- shares (agents of a session, departments of a user) keep their single-column keys: a tenant's row may point at a
-- platform row there, and the policies see to it that it points at no other tenant's (docs/adr/0004-vital.md).
-- Locks: ShareRowExclusive on each table and its parent, for an instant each. Rows: none; what exists is read by the
-- next file.

-- No row without a known tenant.
alter table public.suite_functions add constraint suite_functions_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.org_departments add constraint org_departments_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.organizational_levels add constraint organizational_levels_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.tools add constraint tools_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.users add constraint users_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.audit_log add constraint audit_log_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.agents add constraint agents_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.agent_tools add constraint agent_tools_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.prompts add constraint prompts_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.knowledge add constraint knowledge_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.personas add constraint personas_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.jobs_to_be_done add constraint jobs_to_be_done_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.chat_sessions add constraint chat_sessions_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;
alter table public.chat_messages add constraint chat_messages_tenant_id_fkey
  foreign key (tenant_id) references public.tenants (id) not valid;

-- A row and its parent are of one tenant.
alter table public.agents add constraint agents_tenant_id_created_by_fkey
  foreign key (tenant_id, created_by) references public.users (tenant_id, id) not valid;
alter table public.agent_tools add constraint agent_tools_tenant_id_agent_id_fkey
  foreign key (tenant_id, agent_id) references public.agents (tenant_id, id) on delete cascade not valid;
alter table public.prompts add constraint prompts_tenant_id_author_id_fkey
  foreign key (tenant_id, author_id) references public.users (tenant_id, id) not valid;
alter table public.chat_sessions add constraint chat_sessions_tenant_id_user_id_fkey
  foreign key (tenant_id, user_id) references public.users (tenant_id, id) not valid;
alter table public.chat_messages add constraint chat_messages_tenant_id_session_id_fkey
  foreign key (tenant_id, session_id) references public.chat_sessions (tenant_id, id) on delete cascade not valid;
