-- rowhouse: phase contract
revoke all on
  public.tenants, public.tool_categories, public.suite_functions, public.org_departments,
  public.organizational_levels, public.tools, public.users, public.audit_log,
  public.agents, public.agent_tools, public.prompts, public.knowledge,
  public.personas, public.jobs_to_be_done, public.chat_sessions, public.chat_messages,
  public.business_functions, public.departments, public.organizational_roles
from vital_app, vital_etl;
