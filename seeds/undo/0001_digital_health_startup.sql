-- rowhouse: tenant 11111111-1111-1111-1111-111111111111
-- Takes the seed of the Digital Health Startup back: its rows and no others. What the tenant has built on them since,
-- such as a conversation with a cloned agent, makes this fail, and then nothing is deleted. The audit log keeps its
-- trace.

delete from public.chat_messages
where position <= 3
  and session_id in (
    md5(current_setting('app.current_tenant') || 'First steps with the platform')::uuid,
    md5(current_setting('app.current_tenant') || 'Questions to our own adviser')::uuid
  );

-- A message that came later would go with its session.
delete from public.chat_sessions as session
where session.id in (
  md5(current_setting('app.current_tenant') || 'First steps with the platform')::uuid,
  md5(current_setting('app.current_tenant') || 'Questions to our own adviser')::uuid
)
  and not exists (select from public.chat_messages as message where message.session_id = session.id);

delete from public.prompts
where id in (
  md5(current_setting('app.current_tenant') || 'triage-device-feedback')::uuid,
  md5(current_setting('app.current_tenant') || 'draft-510k-outline')::uuid
);

delete from public.knowledge
where id in (
  md5(current_setting('app.current_tenant') || 'wearable-validation')::uuid,
  md5(current_setting('app.current_tenant') || 'consent-in-apps')::uuid
);

delete from public.jobs_to_be_done
where id in (
  md5(current_setting('app.current_tenant') || 'JTBD-DHS-1')::uuid,
  md5(current_setting('app.current_tenant') || 'JTBD-DHS-2')::uuid
);

delete from public.personas
where id in (
  md5(current_setting('app.current_tenant') || 'remote-trial-nurse')::uuid,
  md5(current_setting('app.current_tenant') || 'clinical-product-owner')::uuid
);

delete from public.users
where id in (
  md5(current_setting('app.current_tenant') || 'mina@startup.example')::uuid,
  md5(current_setting('app.current_tenant') || 'jonas@startup.example')::uuid
);

delete from public.org_departments
where id = md5(current_setting('app.current_tenant') || 'remote-trials')::uuid;

delete from public.suite_functions
where id = md5(current_setting('app.current_tenant') || 'patient-experience')::uuid;

delete from public.organizational_levels
where id = md5(current_setting('app.current_tenant') || 'founder')::uuid;

-- Clones are known by their source. Links of a clone go with it.
delete from public.agents as clone
using public.agents as source
where clone.id = md5(current_setting('app.current_tenant') || source.id)::uuid
  and source.tenant_id = '00000000-0000-0000-0000-000000000001'
  and clone.tenant_id = current_setting('app.current_tenant')::uuid;

delete from public.tools as clone
using public.tools as source
where clone.id = md5(current_setting('app.current_tenant') || source.id)::uuid
  and source.tenant_id = '00000000-0000-0000-0000-000000000001'
  and clone.tenant_id = current_setting('app.current_tenant')::uuid;
