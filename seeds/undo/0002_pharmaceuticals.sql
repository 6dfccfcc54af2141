-- rowhouse: tenant f7aa6fd4-0af9-4706-8b31-034f1f7accda
-- Takes the seed of the Pharmaceuticals tenant back: its rows and no others. What the tenant has built on them since,
-- such as a conversation with a cloned agent, makes this fail, and then nothing is deleted. The audit log keeps its
-- trace.

delete from public.chat_messages
where position <= 3
  and session_id in (
    md5(current_setting('app.current_tenant') || 'Asking the platform about dosing')::uuid,
    md5(current_setting('app.current_tenant') || 'Asking our own adviser about dosing')::uuid
  );

-- A message that came later would go with its session.
delete from public.chat_sessions as session
where session.id in (
  md5(current_setting('app.current_tenant') || 'Asking the platform about dosing')::uuid,
  md5(current_setting('app.current_tenant') || 'Asking our own adviser about dosing')::uuid
)
  and not exists (select from public.chat_messages as message where message.session_id = session.id);

delete from public.prompts
where id in (
  md5(current_setting('app.current_tenant') || 'summarise-stability')::uuid,
  md5(current_setting('app.current_tenant') || 'answer-agency')::uuid
);

delete from public.knowledge
where id in (
  md5(current_setting('app.current_tenant') || 'dose-escalation')::uuid,
  md5(current_setting('app.current_tenant') || 'module-three')::uuid
);

delete from public.jobs_to_be_done
where id in (
  md5(current_setting('app.current_tenant') || 'JTBD-PHA-1')::uuid,
  md5(current_setting('app.current_tenant') || 'JTBD-PHA-2')::uuid
);

delete from public.personas
where id in (
  md5(current_setting('app.current_tenant') || 'formulation-scientist')::uuid,
  md5(current_setting('app.current_tenant') || 'submission-lead')::uuid
);

delete from public.users
where id in (
  md5(current_setting('app.current_tenant') || 'ines@pharma.example')::uuid,
  md5(current_setting('app.current_tenant') || 'tomas@pharma.example')::uuid
);

delete from public.org_departments
where id = md5(current_setting('app.current_tenant') || 'stability-laboratory')::uuid;

delete from public.suite_functions
where id = md5(current_setting('app.current_tenant') || 'formulation')::uuid;

delete from public.organizational_levels
where id = md5(current_setting('app.current_tenant') || 'fellow')::uuid;

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
