import { expect } from 'vitest';
import { verify } from '../../src/app/verify.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { contextAssignments } from '../../src/intent/context.ts';
import { parseModel } from '../../src/model/parse.ts';
import { serverMajor, test } from '../support/test.ts';
import { buildWorld, found, notesSchema, platform, soundPolicies, type World } from '../probe/world.ts';

const tree = `
  create table replies (id int primary key, note int not null references notes, body text);
  insert into replies values (1, 1, 'p'), (2, 2, 'a'), (3, 4, 'b');
  alter table replies enable row level security;
  create policy through on replies using (
    exists (select from notes n where n.id = replies.note and n.tenant_id = (select ctx())));
  create policy shared on replies for select using (
    exists (select from notes n where n.id = replies.note and n.tenant_id = '${platform}'));
  create table wells (id int primary key);
  insert into wells values (1);
  create view memos with (security_invoker = true) as select * from notes;
  alter table tenants enable row level security;
  create policy self on tenants using (id = (select ctx()));
`;

const model = (app: string): string => `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [${app}] }
tables:
  public.tenants: { tenancy: root }
  public.notes: { tenancy: row, column: tenant_id, share: { rows: platform, access: read } }
  public.replies: { tenancy: row, through: public.notes }
  public.wells: { tenancy: shared, access: read }
views:
  public.memos: { of: public.notes }
`;

async function verifyModel({ database, app }: World) {
  const parsed = parseModel(model(app), 'rowhouse.yaml');
  const snapshot = await readSnapshot(database.client);
  return await verify(await database.connect(), compileIntent(parsed, snapshot), snapshot, {
    tool: { name: 'rowhouse', version: '0.0.0' },
    appRoles: parsed.roles.app,
    contextOf: (subject) => contextAssignments(parsed, subject),
    writes: true,
  });
}

test.skipIf(serverMajor < 15)(
  'a model, its root, its parents, its shared tables and its views',
  async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, tree);
    await world.sql('grant select on tenants to :app; revoke insert, update, delete on wells from :app');
    const sound = await verifyModel(world);
    expect(sound).toMatchObject({
      outcome: 'clean',
      findings: [],
      inconclusive: [],
      coverage: { relations: 5, tenants: 3 },
    });

    await world.sql(`drop policy through on replies; create policy open on replies using (true);
    alter view memos reset (security_invoker); create policy all_names on tenants for select using (true)`);
    expect(found(await verifyModel(world))).toEqual([
      'foreign-row-visible public.memos',
      'foreign-row-visible public.replies',
      'foreign-row-visible public.tenants',
      'foreign-row-writable public.replies',
      'policy-check-weaker public.replies',
      'policy-fails-open public.memos',
      'policy-fails-open public.replies',
      'policy-fails-open public.tenants',
      'policy-shared-writable public.replies',
      'view-definer-writable public.memos',
    ]);
  },
);
