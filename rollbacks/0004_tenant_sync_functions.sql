-- rowhouse: phase expand
drop function public.count_contextless();
drop function public.assign_platform_tenant();
drop function public.assign_agent_tenant();
drop function public.assign_session_tenant();
drop function public.assign_persona_tenant();
