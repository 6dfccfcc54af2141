import { describe, expect } from 'vitest';
import { serverMajor, test } from '../support/test.ts';
import type { Effect } from '../../src/probe/write/effect.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { verifyModelled } from './modelled.ts';
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

function kinds(finding: Finding): readonly string[] {
  return [...new Set((finding.evidence['effects'] as Effect[]).map(({ kind }) => kind))].sort();
}

describe('a sound wall', () => {
  test('holds against blind writes', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const reading = await world.verify();
    const report = await world.verify(undefined, writes);
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual([]);
    expect(report.coverage.checks).toBeGreaterThan(reading.coverage.checks + 15);
  });

  test('holds where columns are called as our queries call tables', async ({ database }) => {
    const letters = Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => `add column ${letter} text`);
    const world = await buildWorld(database, notesSchema, `${soundPolicies}; alter table notes ${letters.join(', ')}`);
    const report = await world.verify(undefined, writes);
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual([]);
  });

  test('nothing is left behind', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      create table audit (at timestamptz default now());
      create function record() returns trigger language plpgsql as $$ begin insert into audit default values; return null; end $$;
      create trigger record after insert or update or delete on notes for each row execute function record();`,
    );
    const state = async () =>
      (
        await database.client.query<Record<string, unknown>>(`
        select (select json_agg(row(ctid, xmin, n.*) order by id) from notes n) as notes, (select count(*) from audit) as audit,
          (select json_agg(row(relname, relfilenode) order by relname) from pg_class where relnamespace = 'public'::regnamespace) as files,
          (select count(*) from pg_settings where source = 'session') as settings`)
      ).rows;
    await world.sql('revoke all on audit from :app; grant insert on audit to :app');
    const before = await state();
    const report = await world.verify(
      intentOf(
        relationIntent('public.notes'),
        relationIntent('public.audit', {
          tenancy: 'none',
          foreign: '$1::text is not null',
          unwritable: '$1::text is not null',
          shared: 'false',
          tenantColumn: null,
        }),
      ),
      writes,
    );
    expect(report.outcome).toBe('leaks');
    expect(await state()).toEqual(before);
  });
});

describe('policy-shared-writable', () => {
  test('FOR ALL with the platform admitted: every tenant changes, deletes, seizes and adds shared rows', async ({
    database,
  }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security; alter table notes force row level security;
      create policy tenant_isolation on notes for all using (
        tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null))`,
    );
    const report = await world.verify(undefined, writes);
    expect(found(report)).toEqual(['policy-shared-writable public.notes']);
    const finding = findingOf(report, 'policy-shared-writable');
    expect(finding.message).toBe(
      `tenant ${alpha} can change, take over, delete and add 2 shared rows that it may only read, as by: update "public"."notes" set "body" = $1`,
    );
    expect(kinds(finding)).toEqual(['delete', 'insert', 'move', 'seize', 'update']);
    await world.sql(`drop policy tenant_isolation on notes; ${soundPolicies}`);
    expect(await world.verify(undefined, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });

  test('is allowed where the model says so', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy own on notes for all using (
        tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null))`,
    );
    const notes = relationIntent('public.notes');
    const intent = intentOf({ ...notes, unwritable: notes.foreign });
    expect(await world.verify(intent, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });

  test('is allowed of some, and of others not', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `delete from notes where tenant_id = '${platform}';
      insert into notes values (5, null, 'nobody''s'), (6, null, 'nor this');
      alter table notes enable row level security;
      create policy own on notes using (tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null));
      create policy unowned on notes for select using (tenant_id is null and (select ctx()) is not null)`,
    );
    const model =
      'public.notes: { tenancy: row, column: tenant_id, nulls: shared, share: { rows: platform, access: write } }';
    expect(await verifyModelled(world, model, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
    await world.sql('create policy unowned_update on notes for update using (tenant_id is null)');
    expect(found(await verifyModelled(world, model, writes))).toContain('policy-shared-writable public.notes');
  });

  test('a table that is shared as a whole', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create table wells (id int primary key, name text); insert into wells values (1, 'a'), (2, 'b')`,
    );
    const wells = relationIntent('public.wells', {
      tenancy: 'shared',
      tenantColumn: null,
      shared: 'true',
      foreign: '$1::text is null',
      unwritable: '$1::text is not null',
    });
    const intent = intentOf(relationIntent('public.notes'), wells);
    const report = await world.verify(intent, writes);
    expect(found(report)).toEqual(['policy-shared-writable public.wells']);
    expect(kinds(findingOf(report, 'policy-shared-writable'))).toEqual(['delete', 'insert', 'update']);
    await world.sql('revoke insert, update, delete on wells from :app');
    expect(await world.verify(intent, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });
});

describe('policy-check-weaker', () => {
  test('WITH CHECK (true)', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy own on notes using (tenant_id = (select ctx())) with check (true);
      create policy shared on notes for select using (tenant_id = '${platform}' and (select ctx()) is not null)`,
    );
    const report = await world.verify(undefined, writes);
    expect(found(report)).toEqual(['policy-check-weaker public.notes', 'policy-shared-writable public.notes']);
    expect(findingOf(report, 'policy-check-weaker').message).toMatch(
      /^tenant \S+ can insert rows for another tenant and move its own rows to another tenant, as by: update /,
    );
    await world.sql(`drop policy own on notes; drop policy shared on notes; ${soundPolicies}`);
    expect((await world.verify(undefined, writes)).outcome).toBe('clean');
  });

  test('a table without a key: the stored row itself is the proof', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes drop constraint notes_pkey; alter table notes enable row level security;
      create policy see on notes for select using (tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null));
      create policy add on notes for insert with check (true)`,
    );
    const report = await world.verify(undefined, writes);
    const effects = findingOf(report, 'policy-check-weaker').evidence['effects'] as Effect[];
    expect(effects.every(({ stoppedByConstraint }) => !stoppedByConstraint)).toBe(true);
    expect(kinds(findingOf(report, 'policy-check-weaker'))).toEqual(['insert']);
  });
});

describe('foreign-row-writable', () => {
  test('UPDATE and DELETE USING (true) beside a scoped SELECT', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create policy loose_update on notes for update using (true);
      create policy loose_delete on notes for delete using (true)`,
    );
    const report = await world.verify(undefined, writes);
    expect(found(report)).toEqual([
      'policy-check-weaker public.notes',
      'policy-shared-writable public.notes',
      'policy-wrong-command public.notes',
    ]);
    const finding = findingOf(report, 'policy-wrong-command');
    expect(kinds(finding)).toEqual(['delete', 'seize', 'update']);
    expect(finding.message).toContain('change, take over and delete 3 rows of other tenants that it cannot see');
    await world.sql('drop policy loose_update on notes; drop policy loose_delete on notes');
    expect((await world.verify(undefined, writes)).outcome).toBe('clean');
  });

  test('a foreign row that can be singled out although a statement over all rows is refused', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy see on notes for select using (true);
      create policy change on notes for update using (true) with check (tenant_id <> '${platform}')`,
    );
    const report = await world.verify(undefined, { ...writes, tenants: [alpha] });
    const effects = findingOf(report, 'foreign-row-writable').evidence['effects'] as Effect[];
    expect(effects.find(({ kind }) => kind === 'update')?.statement).toBe(
      'update "public"."notes" set "body" = $1 where "id" = $2',
    );
  });

  test('foreign rows seen through an updatable view are written through it', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, 'create view memos as select * from notes');
    const memos = relationIntent('public.memos', { kind: 'view', base: { schema: 'public', name: 'notes' } });
    const intent = intentOf(relationIntent('public.notes'), memos);
    const report = await world.verify(intent, writes);
    expect(found(report)).toEqual([
      'foreign-row-visible public.memos',
      'policy-fails-open public.memos',
      'view-definer-writable public.memos',
    ]);
    if (serverMajor < 15) return;
    await world.sql('alter view memos set (security_invoker = true)');
    expect(await world.verify(intent, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });
});

describe('what is no finding', () => {
  test('no privilege to write', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql('revoke insert, update, delete on notes from :app');
    const [reading, writing] = [await world.verify(), await world.verify(undefined, writes)];
    expect(writing.coverage.checks).toBe(reading.coverage.checks);
    expect(writing.outcome).toBe('clean');
  });

  test('a refusal that hits own rows too proves nothing', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create policy broken on notes as restrictive for insert with check (false)`,
    );
    const report = await world.verify(undefined, writes);
    expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(report).join()).toContain('INSERT of a copy of its own row is refused too');
  });

  test('a table without any policy for INSERT refuses by definition', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy see on notes for select using (tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null))`,
    );
    expect(await world.verify(undefined, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });

  test('foreign keys of a role that cannot switch them off: refused by a constraint is let through by the policies', async ({
    database,
  }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create table replies (id int primary key, note int references notes);
      insert into replies values (1, 4)`,
    );
    await world.sql('revoke all on replies from :app');
    const audit = async (options = {}) => {
      const client = await world.connectAs(database.uniqueRole('auditor'), 'bypassrls');
      return await world.verify(undefined, { ...writes, relations: ['public.notes'], ...options }, client);
    };
    expect(await audit({ tenants: [alpha] })).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
    // Its own row is referenced: the foreign key answers before anything can be learned about the policy.
    const referenced = await audit({ tenants: [beta] });
    expect(referenced).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(referenced)[0]).toContain(`As tenant ${beta}: DELETE came to no answer`);

    await world.sql('create policy loose on notes for delete using (true)');
    expect(found(await audit({ tenants: [alpha] }))).toEqual([
      'policy-shared-writable public.notes',
      'policy-wrong-command public.notes',
    ]);
    await world.sql('create policy see on notes for select using (id = 4)');
    const seen = await audit({ tenants: [alpha] });
    expect(findingOf(seen, 'foreign-row-writable').evidence['effects']).toContainEqual(
      expect.objectContaining({ subject: alpha, kind: 'delete', foreign: 1, stoppedByConstraint: true }),
    );
  });
});
