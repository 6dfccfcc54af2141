import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import {
  alpha,
  beta,
  buildWorld,
  findingOf,
  found,
  intentOf,
  notesSchema,
  platform,
  relationIntent,
  soundPolicies,
  undecided,
} from './world.ts';

const writes = { writes: true };
const owned = {
  foreign: '(t.tenant_id = $1::uuid) is not true',
  unwritable: '(t.tenant_id = $1::uuid) is not true',
  shared: 'false',
};
const intent = intentOf(relationIntent('public.notes'), relationIntent('public.audit', owned));

/** An audit table, which a trigger of notes fills as its body says. */
function auditSchema(body: string, security = 'security definer'): string {
  return `create table audit (tenant_id uuid, at timestamptz default now(), what text);
    insert into audit (tenant_id) select id from tenants;
    alter table audit enable row level security;
    create policy own on audit using (tenant_id = (select ctx()));
    create function record() returns trigger language plpgsql ${security} as $$ begin ${body}; return coalesce(new, old); end $$;
    create trigger record after insert or update or delete on notes for each row execute function record()`;
}

describe('a trigger that writes to others', () => {
  test.for([
    ['rows in their names', `insert into audit (tenant_id, what) values ('${beta}', tg_op)`],
    ['all of their rows', `update audit set what = tg_op`],
    ['no row of theirs any more', `delete from audit`],
  ])('%s', async ([, body], { database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, auditSchema(body ?? ''));
    await world.sql('revoke insert, update, delete on audit from :app');
    const report = await world.verify(intent, writes);
    expect([found(report), undecided(report)]).toEqual([['trigger-rewrites-tenant public.notes'], []]);
    expect(findingOf(report, 'trigger-rewrites-tenant').message).toContain(
      'in public.audit through triggers of public.notes',
    );
  });

  test.for(['insert', 'update'])('after an %s, rows with the same value', async (event, { database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create function dedup() returns trigger language plpgsql security definer as $$
        begin delete from notes where body = new.body and id <> new.id; return null; end $$;
      create trigger dedup after ${event} on notes for each row execute function dedup()`,
    );
    const report = await world.verify(undefined, writes);
    expect(found(report)).toContain('trigger-rewrites-tenant public.notes');
  });

  test.for([
    ['its condition', "when (old.state is distinct from new.state and new.state = 'done')", ''],
    ['its body', '', "if old.done_at is null and new.done_at is not null and new.state = 'open' then"],
  ])('that waits for a change by %s', async ([, condition = '', wait = ''], { database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `alter table notes add a int, add b int, add c int, add state text not null default 'open' check (state in ('open', 'done')), add done_at timestamptz;
      create function close() returns trigger language plpgsql security definer as $$
        begin ${wait} delete from notes where id <> new.id; ${wait && 'end if;'} return null; end $$;
      update notes set done_at = '2026-01-01' where id in (2, 4);
      create trigger close after update on notes for each row ${condition} execute function close()`,
    );
    const report = await world.verify(undefined, writes);
    expect(found(report)).toContain('trigger-rewrites-tenant public.notes');
  });

  test('that tidies up what is older', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `alter table notes add at timestamptz not null default '2026-01-01';
      create function tidy() returns trigger language plpgsql security definer as $$ begin delete from notes where at < new.at; return null; end $$;
      create trigger tidy after insert on notes for each row execute function tidy()`,
    );
    expect(found(await world.verify(undefined, writes))).toContain('trigger-rewrites-tenant public.notes');
  });

  test('one that empties a table, which the server counts no rows of', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create table drafts (tenant_id uuid not null); insert into drafts select id from tenants;
      create function sweep() returns trigger language plpgsql security definer as $$ begin truncate drafts; return null; end $$;
      create trigger sweep after insert on notes for each row execute function sweep()`,
    );
    const report = await world.verify(
      intentOf(relationIntent('public.notes'), relationIntent('public.drafts')),
      writes,
    );
    expect(found(report)).toContain('trigger-rewrites-tenant public.notes');
  });

  test('a BEFORE trigger that makes the context follow the row', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create function follow() returns trigger language plpgsql as $$
        begin perform set_config('app.tenant', new.tenant_id::text, true); return new; end $$;
      create trigger follow before insert on notes for each row execute function follow();
      alter policy own on notes with check (tenant_id = ctx())`,
    );
    const report = await world.verify(undefined, writes);
    expect(found(report)).toEqual(['trigger-rewrites-tenant public.notes']);
  });
});

test('a rule that writes to others', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create table audit (tenant_id uuid, what text);
    insert into audit select id from tenants;
    alter table audit enable row level security;
    create policy own on audit using (tenant_id = (select ctx()));
    create rule record as on update to notes do also update audit set what = new.body`,
  );
  await world.sql('revoke insert, update, delete on audit from :app');
  expect(found(await world.verify(intent, writes))).toContain('rule-runs-as-owner public.notes');
});

describe('triggers that keep to their tenant', () => {
  test.for([
    [
      'an audit row of the same tenant, by a definer',
      auditSchema('insert into audit (tenant_id, what) values (coalesce(new.tenant_id, old.tenant_id), tg_op)'),
    ],
    ['an audit row of nobody', auditSchema('insert into audit (what) values (tg_op)')],
    [
      'the tenant from the context, and the time',
      `alter table notes add updated_at timestamptz;
      create function stamp() returns trigger language plpgsql as $$ begin new.updated_at := now(); new.tenant_id := ctx(); return new; end $$;
      create trigger stamp before insert or update on notes for each row execute function stamp();
      create table audit (tenant_id uuid); insert into audit values ('${alpha}'), ('${beta}'), ('${platform}')`,
    ],
  ])('%s', async ([, schema], { database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, schema ?? '');
    await world.sql('revoke all on audit from :app');
    const report = await world.verify(intent, writes);
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });
});
