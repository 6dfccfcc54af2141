-- rowhouse: phase contract
-- rowhouse: tag row-level-security
-- What the application may do, now that the policies are there; and the little that jobs over all tenants need. Nobody
-- gets TRUNCATE, which knows no policies, nor REFERENCES or TRIGGER.
-- Locks: none that anybody waits for. Rows: none.

grant select on
  public.tenants, public.tool_categories, public.suite_functions, public.org_departments,
  public.organizational_levels, public.tools, public.users, public.audit_log,
  public.agents, public.agent_tools, public.prompts, public.knowledge,
  public.personas, public.jobs_to_be_done, public.chat_sessions, public.chat_messages,
  public.business_functions, public.departments, public.organizational_roles
to vital_app, vital_etl;

grant insert, delete on
  public.suite_functions, public.org_departments, public.organizational_levels, public.tools,
  public.users, public.agents, public.agent_tools, public.prompts,
  public.knowledge, public.personas, public.jobs_to_be_done, public.chat_sessions,
  public.chat_messages
to vital_app;

-- Neither the key nor the tenant of a row changes hands.
grant update (slug, name, description, updated_at) on public.suite_functions to vital_app;
grant update (slug, name, function_id, updated_at) on public.org_departments to vital_app;
grant update (slug, name, rank, updated_at) on public.organizational_levels to vital_app;
grant update (slug, name, description, category_id, category, endpoint, is_active, updated_at)
  on public.tools to vital_app;
grant update (email, display_name, department_id, level_id, updated_at) on public.users to vital_app;
grant update (slug, name, description, business_function, function_id, status, system_prompt, created_by, updated_at)
  on public.agents to vital_app;
grant update (priority) on public.agent_tools to vital_app;
grant update (slug, title, body, agent_id, author_id, updated_at) on public.prompts to vital_app;
grant update (slug, title, content, domain, source_url, function_id, updated_at) on public.knowledge to vital_app;
grant update (slug, name, goals, department_id, level_id, updated_at) on public.personas to vital_app;
grant update (reference, persona_id, function_id, statement, importance, updated_at)
  on public.jobs_to_be_done to vital_app;
grant update (agent_id, title, updated_at) on public.chat_sessions to vital_app;
grant update (role, content) on public.chat_messages to vital_app;

-- The audit trigger writes with the rights of whoever made the change.
grant insert on public.audit_log to vital_app;

-- A category is everybody's: renaming it changes tools of every tenant, which only a role that sees them all can do.
grant update (name, description) on public.tool_categories to vital_etl;
grant update (category) on public.tools to vital_etl;
