-- rowhouse: tenant 11111111-1111-1111-1111-111111111111
-- What the Digital Health Startup starts with: clones of the platform's tools for digital health, clinical trials and
-- the FDA and of its clinical and regulatory agents, which it may change as it likes; a department, users, personas,
-- prompts, knowledge and conversations of its own. Runs as the application, within the tenant's context: tenant_id
-- comes from there, and the policies hold. Ids are hashes of the tenant and of what a row stands for, so that a second
-- run finds the rows of the first.

insert into public.tools (id, slug, name, description, category_id, endpoint, is_active)
select md5(current_setting('app.current_tenant') || source.id)::uuid, source.slug, source.name, source.description,
  source.category_id, source.endpoint, source.is_active
from public.tools as source
where source.tenant_id = '00000000-0000-0000-0000-000000000001'
  and source.category in ('Digital Health', 'Clinical Trials', 'FDA')
on conflict (id) do nothing;

insert into public.agents (id, slug, name, description, business_function, function_id, status, system_prompt)
select md5(current_setting('app.current_tenant') || source.id)::uuid, source.slug, source.name, source.description,
  source.business_function, source.function_id, source.status, source.system_prompt
from public.agents as source
where source.tenant_id = '00000000-0000-0000-0000-000000000001'
  and source.business_function in ('Clinical Operations', 'Regulatory Affairs')
on conflict (id) do nothing;

-- The links among the clones. A clone also uses the platform's other tools, as the agent that it was made from does.
insert into public.agent_tools (agent_id, tool_id, priority)
select agent.id, coalesce(tool.id, link.tool_id), link.priority
from public.agent_tools as link
join public.agents as agent on agent.id = md5(current_setting('app.current_tenant') || link.agent_id)::uuid
left join public.tools as tool on tool.id = md5(current_setting('app.current_tenant') || link.tool_id)::uuid
where link.tenant_id = '00000000-0000-0000-0000-000000000001'
on conflict (tenant_id, agent_id, tool_id) do nothing;

-- The organisation: one function, department and level that only this tenant has, beside the platform's.
insert into public.suite_functions (id, slug, name, description)
select md5(current_setting('app.current_tenant') || function.slug)::uuid, function.slug, function.name,
  function.description
from (values
  ('patient-experience', 'Patient Experience', 'From the first invitation to the last measurement')
) as function (slug, name, description)
on conflict (id) do nothing;

insert into public.org_departments (id, slug, name, function_id)
select md5(current_setting('app.current_tenant') || department.slug)::uuid, department.slug, department.name,
  md5(current_setting('app.current_tenant') || department.function)::uuid
from (values
  ('remote-trials', 'Remote Trials', 'patient-experience')
) as department (slug, name, function)
on conflict (id) do nothing;

insert into public.organizational_levels (id, slug, name, rank)
select md5(current_setting('app.current_tenant') || level.slug)::uuid, level.slug, level.name, level.rank
from (values
  ('founder', 'Founder', 20)
) as level (slug, name, rank)
on conflict (id) do nothing;

insert into public.users (id, email, display_name, department_id, level_id)
select md5(current_setting('app.current_tenant') || person.email)::uuid, person.email, person.display_name,
  md5(current_setting('app.current_tenant') || 'remote-trials')::uuid, level.id
from (values
  ('mina@startup.example', 'Mina Castellanos', 'director'),
  ('jonas@startup.example', 'Jonas Weber', 'analyst')
) as person (email, display_name, level)
left join public.organizational_levels as level on level.slug = person.level
  and level.tenant_id = '00000000-0000-0000-0000-000000000001'
on conflict (id) do nothing;

insert into public.personas (id, slug, name, goals, level_id)
select md5(current_setting('app.current_tenant') || persona.slug)::uuid, persona.slug, persona.name,
  persona.goals, level.id
from (values
  (
    'remote-trial-nurse', 'Remote Trial Nurse', 'Sees what a patient measured at home before the next call',
    'specialist'
  ),
  ('clinical-product-owner', 'Clinical Product Owner', 'Knows which change makes an app a medical device', 'manager')
) as persona (slug, name, goals, level)
left join public.organizational_levels as level on level.slug = persona.level
  and level.tenant_id = '00000000-0000-0000-0000-000000000001'
on conflict (id) do nothing;

insert into public.jobs_to_be_done (id, reference, persona_id, statement, importance)
select md5(current_setting('app.current_tenant') || job.reference)::uuid, job.reference,
  md5(current_setting('app.current_tenant') || job.persona)::uuid, job.statement, job.importance
from (values
  ('JTBD-DHS-1', 'remote-trial-nurse', 'When a reading is out of range at night, know at once whether to call', 5),
  ('JTBD-DHS-2', 'clinical-product-owner', 'When a feature is proposed, know which rules it brings with it', 4)
) as job (reference, persona, statement, importance)
on conflict (id) do nothing;

insert into public.knowledge (id, slug, title, content, domain)
select md5(current_setting('app.current_tenant') || note.slug)::uuid, note.slug, note.title, note.content, note.domain
from (values
  (
    'wearable-validation', 'Validating a wearable',
    'Compare against a reference device, on the people who will wear it, doing what they do.', 'Digital Health'
  ),
  (
    'consent-in-apps', 'Consent in an app',
    'Consent is given before the first measurement and can be taken back in as many taps.',
    'Clinical Operations'
  )
) as note (slug, title, content, domain)
on conflict (id) do nothing;

insert into public.prompts (id, slug, title, body, author_id)
select md5(current_setting('app.current_tenant') || prompt.slug)::uuid, prompt.slug, prompt.title, prompt.body,
  md5(current_setting('app.current_tenant') || prompt.author)::uuid
from (values
  (
    'triage-device-feedback', 'Triage device feedback',
    'Sort these reports from patients: safety, usability, other.', 'mina@startup.example'
  ),
  (
    'draft-510k-outline', 'Outline a 510(k)',
    'List the sections of a premarket notification for this device, and what is missing.',
    'jonas@startup.example'
  )
) as prompt (slug, title, body, author)
on conflict (id) do nothing;

-- One conversation with an agent of the platform, and one with a clone.
insert into public.chat_sessions (id, user_id, agent_id, title)
select md5(current_setting('app.current_tenant') || talk.title)::uuid,
  md5(current_setting('app.current_tenant') || talk.person)::uuid,
  agent.id, talk.title
from (values
  ('First steps with the platform', 'mina@startup.example', false),
  ('Questions to our own adviser', 'jonas@startup.example', true)
) as talk (title, person, with_clone)
cross join lateral (
  select agent.id
  from public.agents as agent
  where agent.business_function = 'Clinical Operations'
    and (agent.tenant_id = current_setting('app.current_tenant')::uuid) = talk.with_clone
  order by agent.slug
  limit 1
) as agent
on conflict (id) do nothing;

insert into public.chat_messages (session_id, position, role, content)
select session.id, message.position, message.role::public.message_role, message.content
from public.chat_sessions as session
cross join (values
  (1, 'user', 'Which guideline applies here?'),
  (2, 'assistant', 'Tell me the phase of the study, and the region.'),
  (3, 'user', 'Phase two, in Europe.')
) as message (position, role, content)
where session.id in (
  md5(current_setting('app.current_tenant') || 'First steps with the platform')::uuid,
  md5(current_setting('app.current_tenant') || 'Questions to our own adviser')::uuid
)
on conflict (tenant_id, session_id, position) do nothing;
