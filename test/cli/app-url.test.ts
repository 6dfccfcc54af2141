import { expect } from 'vitest';
import type { Report } from '../../src/domain/report.ts';
import { buildWorld, notesSchema, platform, soundPolicies } from '../probe/world.ts';
import { jsonOf, test } from './support.ts';

test('verify --app-url reads as who logs in, and refuses a database whose rows would have to be made', async ({
  database,
  project,
  rowhouse,
}) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  await world.sql(`alter role :app login password 'secret'`);
  await project.write({
    'rowhouse.yaml': `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [${world.app}] }
tables:
  public.tenants: { tenancy: root }
  public.notes: { tenancy: row, column: tenant_id, share: { rows: platform, access: read } }
`,
  });
  const appUrl = database.urlFor({ user: world.app, password: 'secret' });
  const verify = ['verify', '--layers', 'probe', '--json', '--app-url', appUrl];

  const sound = await rowhouse.run(...verify);
  expect(sound).toMatchObject({ code: 0, stderr: expect.not.stringContaining('secret') as unknown });
  expect((jsonOf(sound) as Report).role).toMatchObject({
    app: world.app,
    login: { user: world.app, roles: [world.app] },
  });

  // SET ROLE leaves the session's user as it is: only a login shows this one.
  await world.sql(`create policy mine on notes for select using (session_user = '${world.app}')`);
  const leaking = await rowhouse.run(...verify);
  expect(leaking.code).toBe(1);
  expect((await rowhouse.run(...verify.slice(0, 4))).code).toBe(0);

  await world.sql('drop policy mine on notes; truncate notes, tenants');
  const empty = await rowhouse.run(...verify, '--writes');
  expect(empty.code).toBe(2);
  expect(jsonOf(empty)).toMatchObject({ error: { code: 'app-url-without-rows' } });
});
