-- Deterministic legacy data: the same rows for the same scale, on every server. Scale 1 is about 300,000 rows.
-- Ids are hashes of a table's name and a row's number, times count from one fixed day, and nothing is random.
-- Run by a superuser in one transaction: triggers and foreign keys stay quiet, and the data is valid by construction.

set local session_replication_role = replica;
set local time zone 'UTC';

create function pg_temp.row_uuid(kind text, number bigint) returns uuid
language sql immutable as $$ select pg_catalog.md5(kind || ':' || number)::uuid $$;

-- How many rows a table gets: in proportion to the scale, but never fewer than a test can work with.
create function pg_temp.rows_of(at_scale_1 integer, at_least integer) returns bigint
language sql stable as $$
  select greatest(round(at_scale_1 * pg_catalog.current_setting('rowhouse.scale')::numeric), at_least)::bigint
$$;

create function pg_temp.moment(number bigint, step interval) returns timestamptz
language sql stable as $$ select timestamptz '2024-01-08 08:00:00+00' + (number % 500000) * step $$;

insert into public.tool_categories (id, name, description, created_at)
select pg_temp.row_uuid('tool_categories', n), name, 'Tools for ' || lower(name), pg_temp.moment(n, '1 hour')
from unnest(array[
  'Core', 'Digital Health', 'Clinical Trials', 'FDA', 'Regulatory', 'Drug Development',
  'Literature', 'Pharmacovigilance', 'Market Access', 'Analytics'
]) with ordinality as category (name, n);

insert into public.suite_functions (id, slug, name, description, created_at, updated_at)
select pg_temp.row_uuid('suite_functions', n), replace(lower(name), ' ', '-'), name, 'Everything about ' || lower(name),
  pg_temp.moment(n, '1 hour'), pg_temp.moment(n, '1 day')
from unnest(array[
  'Drug Development', 'Regulatory Affairs', 'Clinical Operations', 'Medical Affairs',
  'Market Access', 'Pharmacovigilance', 'Quality Assurance', 'Digital Health'
]) with ordinality as function (name, n);

insert into public.org_departments (id, slug, name, function_id, created_at, updated_at)
select pg_temp.row_uuid('org_departments', n), 'department-' || n,
  (array['Strategy', 'Operations', 'Science', 'Writing', 'Compliance', 'Insights'])[n % 6 + 1] || ' ' || n,
  pg_temp.row_uuid('suite_functions', n % 8 + 1), pg_temp.moment(n, '1 hour'), pg_temp.moment(n, '1 day')
from generate_series(1, pg_temp.rows_of(60, 16)) as n;

insert into public.organizational_levels (id, slug, name, rank, created_at, updated_at)
select pg_temp.row_uuid('organizational_levels', n), replace(lower(name), ' ', '-'), name, n,
  pg_temp.moment(n, '1 hour'), pg_temp.moment(n, '1 day')
from unnest(array[
  'Analyst', 'Specialist', 'Senior Specialist', 'Manager', 'Senior Manager', 'Director', 'Vice President', 'Executive'
]) with ordinality as level (name, n);

insert into public.users (id, email, display_name, department_id, level_id, created_at, updated_at)
select pg_temp.row_uuid('users', n), 'user' || n || '@vital.example',
  (array['Ada', 'Bruno', 'Chioma', 'Dmitri', 'Elif', 'Farid', 'Grace'])[n % 7 + 1] || ' ' ||
  (array['Okafor', 'Lindqvist', 'Tanaka', 'Moreau', 'Silva'])[n % 5 + 1],
  pg_temp.row_uuid('org_departments', n % pg_temp.rows_of(60, 16) + 1), pg_temp.row_uuid('organizational_levels', n % 8 + 1),
  pg_temp.moment(n, '7 minutes'), pg_temp.moment(n, '11 minutes')
from generate_series(1, pg_temp.rows_of(5000, 20)) as n;

-- The first tools have the names that the applications know.
insert into public.tools (id, slug, name, description, category_id, endpoint, is_active, created_at, updated_at)
select pg_temp.row_uuid('tools', n), 'tool-' || n,
  coalesce((array['Calculator', 'Web Search', 'PubMed', 'FDA Guidance Search', 'Clinical Trials Search'])[n], 'Tool ' || n),
  'Answers one kind of question, number ' || n,
  case when n % 50 <> 49 then pg_temp.row_uuid('tool_categories', case n when 1 then 1 when 2 then 1 when 3 then 7 when 4 then 4 when 5 then 3 else n % 10 + 1 end) end,
  'https://tools.vital.example/' || n, n % 9 <> 0, pg_temp.moment(n, '3 hours'), pg_temp.moment(n, '5 hours')
from generate_series(1, pg_temp.rows_of(600, 60)) as n;

insert into public.agents (id, slug, name, description, business_function, function_id, status, system_prompt, created_by, created_at, updated_at)
select pg_temp.row_uuid('agents', n), 'agent-' || n, function.name || ' Adviser ' || n,
  'Helps with ' || lower(function.name), function.name, function.id,
  (array['active', 'active', 'active', 'draft', 'retired'])[n % 5 + 1]::public.agent_status,
  'You advise on ' || lower(function.name) || '. Cite the guideline that you rely on.',
  case when n % 4 <> 0 then pg_temp.row_uuid('users', n % pg_temp.rows_of(5000, 20) + 1) end,
  pg_temp.moment(n, '2 hours'), pg_temp.moment(n, '3 hours')
from generate_series(1, pg_temp.rows_of(1000, 40)) as n
join public.suite_functions as function on function.id = pg_temp.row_uuid('suite_functions', n % 8 + 1);

-- Steps of 7 meet four different tools: every count of tools is above 28.
insert into public.agent_tools (agent_id, tool_id, priority, created_at)
select pg_temp.row_uuid('agents', n), pg_temp.row_uuid('tools', (n + k * 7) % pg_temp.rows_of(600, 60) + 1), k,
  pg_temp.moment(n, '2 hours')
from generate_series(1, pg_temp.rows_of(1000, 40)) as n, generate_series(1, 4) as k;

insert into public.prompts (id, slug, title, body, agent_id, author_id, created_at, updated_at)
select pg_temp.row_uuid('prompts', n), 'prompt-' || n, 'Prompt ' || n,
  'Summarise the evidence on question ' || n || ' in five sentences, and say how strong it is.',
  case when n % 3 <> 0 then pg_temp.row_uuid('agents', n % pg_temp.rows_of(1000, 40) + 1) end,
  pg_temp.row_uuid('users', n % pg_temp.rows_of(5000, 20) + 1), pg_temp.moment(n, '20 minutes'), pg_temp.moment(n, '30 minutes')
from generate_series(1, pg_temp.rows_of(8000, 40)) as n;

insert into public.knowledge (id, slug, title, content, domain, source_url, function_id, created_at, updated_at)
select pg_temp.row_uuid('knowledge', n), 'note-' || n, function.name || ', note ' || n,
  repeat('What the guideline asks for, and what an inspector looks at. ', (2 + n % 4)::integer), function.name,
  'https://guidance.vital.example/' || n, function.id, pg_temp.moment(n, '10 minutes'), pg_temp.moment(n, '15 minutes')
from generate_series(1, pg_temp.rows_of(15000, 40)) as n
join public.suite_functions as function on function.id = pg_temp.row_uuid('suite_functions', n % 8 + 1);

insert into public.personas (id, slug, name, goals, department_id, level_id, created_at, updated_at)
select pg_temp.row_uuid('personas', n), 'persona-' || n,
  (array['Trial Manager', 'Safety Physician', 'Submission Lead', 'Data Scientist', 'Site Coordinator'])[n % 5 + 1] || ' ' || n,
  'Wants fewer hand-overs and an answer that can be checked',
  pg_temp.row_uuid('org_departments', n % pg_temp.rows_of(60, 16) + 1), pg_temp.row_uuid('organizational_levels', n % 8 + 1),
  pg_temp.moment(n, '1 hour'), pg_temp.moment(n, '2 hours')
from generate_series(1, pg_temp.rows_of(2000, 20)) as n;

insert into public.jobs_to_be_done (id, reference, persona_id, function_id, statement, importance, created_at, updated_at)
select pg_temp.row_uuid('jobs_to_be_done', n), 'JTBD-' || lpad(n::text, 8, '0'),
  pg_temp.row_uuid('personas', n % pg_temp.rows_of(2000, 20) + 1), pg_temp.row_uuid('suite_functions', n % 8 + 1),
  'When a question number ' || n || ' comes up, find the answer before the meeting ends', n % 5 + 1,
  pg_temp.moment(n, '15 minutes'), pg_temp.moment(n, '25 minutes')
from generate_series(1, pg_temp.rows_of(10000, 40)) as n;

select pg_catalog.setval('public.job_reference_seq', pg_temp.rows_of(10000, 40));

insert into public.chat_sessions (id, user_id, agent_id, title, started_at, updated_at)
select pg_temp.row_uuid('chat_sessions', n), pg_temp.row_uuid('users', n % pg_temp.rows_of(5000, 20) + 1),
  pg_temp.row_uuid('agents', n % pg_temp.rows_of(1000, 40) + 1), 'Conversation ' || n,
  pg_temp.moment(n, '4 minutes'), pg_temp.moment(n, '4 minutes') + interval '30 minutes'
from generate_series(1, pg_temp.rows_of(25000, 60)) as n;

-- Session n has 4 to 12 messages, 72 in every nine sessions; so the number of messages before it has a closed form.
insert into public.chat_messages (id, session_id, position, role, content, created_at)
overriding system value
select (n - 1) / 9 * 72 + (n - 1) % 9 * 4 + (n - 1) % 9 * ((n - 1) % 9 - 1) / 2 + position,
  pg_temp.row_uuid('chat_sessions', n), position,
  (case position % 2 when 1 then 'user' else 'assistant' end)::public.message_role,
  case position % 2
    when 1 then 'Question ' || position || ' of conversation ' || n || ': which guideline applies here?'
    else 'The relevant section is ' || n % 40 || '.' || position || '; it asks for a documented rationale and a named owner.'
  end,
  pg_temp.moment(n, '4 minutes') + position * interval '40 seconds'
from generate_series(1, pg_temp.rows_of(25000, 60)) as n, generate_series(1, (4 + (n - 1) % 9)::integer) as position;

select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.chat_messages', 'id'), (select max(id) from public.chat_messages));

insert into public.audit_log (id, table_name, row_id, action, changed_by, changed_at, new_row)
overriding system value
select n, 'prompts', prompt.id, 'INSERT', 'vital_owner', pg_temp.moment(n, '6 minutes'), pg_catalog.to_jsonb(prompt)
from generate_series(1, pg_temp.rows_of(30000, 60)) as n
join public.prompts as prompt on prompt.id = pg_temp.row_uuid('prompts', n % pg_temp.rows_of(8000, 40) + 1);

select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.audit_log', 'id'), (select max(id) from public.audit_log));

drop function pg_temp.row_uuid, pg_temp.rows_of, pg_temp.moment;
set local session_replication_role = origin;

analyze public.tool_categories, public.tools, public.suite_functions, public.org_departments,
  public.organizational_levels, public.users, public.agents, public.agent_tools, public.prompts, public.knowledge,
  public.personas, public.jobs_to_be_done, public.chat_sessions, public.chat_messages, public.audit_log;
