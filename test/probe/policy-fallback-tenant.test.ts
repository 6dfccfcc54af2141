import { describe, expect } from 'vitest';
import { quoteIdent } from '../../src/sql/ident.ts';
import { test } from '../support/test.ts';
import { alpha, beta, buildWorld, findingOf, found, notesSchema, soundPolicies } from './world.ts';

describe('policy-fallback-tenant: a login that starts with a tenant', () => {
  test('by ALTER ROLE, which SET ROLE does not bring, and the fix takes it back', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, `alter role :app set app.tenant = '${alpha}'`);
    const report = await world.verify();
    expect(found(report)).toEqual([`policy-fallback-tenant role:${world.app}`]);
    const finding = findingOf(report, 'policy-fallback-tenant');
    expect(finding.message).toBe(
      `sessions of ${world.app} start with app.tenant = ${alpha} and see 3 rows of public.notes: id 2, id 3`,
    );
    await world.sql(finding.fix ?? '');
    expect(await world.verify()).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });

  test('by ALTER DATABASE, and by ALTER ROLE in the database, which wins', async ({ database }) => {
    const name = quoteIdent(database.name);
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `alter database ${name} set app.tenant = '${alpha}'`,
    );
    const finding = findingOf(await world.verify(), 'policy-fallback-tenant');
    expect(finding).toMatchObject({ evidence: { value: alpha }, fix: `alter database ${name} reset "app"."tenant";` });

    await world.sql(`alter role :app in database ${name} set app.tenant = '${beta}'`);
    expect(findingOf(await world.verify(), 'policy-fallback-tenant').evidence).toMatchObject({ value: beta });
  });

  test('an empty preset shows nothing, and presets of other settings and roles are none', async ({ database }) => {
    const other = database.uniqueRole('other');
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create role ${other}; alter role ${other} set app.tenant = '${alpha}';
       alter role :app set app.tenant = ''; alter role :app set app.theme = 'dark'; alter role :app set statement_timeout = '1ms'`,
    );
    expect(await world.verify()).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
  });

  test('with several app roles, only one of which starts with a tenant', async ({ database }) => {
    const second = database.uniqueRole('second');
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create role ${second}; grant usage on schema public to ${second}; grant select on notes to ${second};
       alter role :app set app.tenant = '${alpha}'`,
    );
    const report = await world.verify(undefined, { appRoles: [world.app, second] });
    expect(report.inconclusive).toEqual([]);
    expect(found(report)).toEqual([`policy-fallback-tenant role:${world.app}`]);
  });

  test('what a policy reads beside the context is there too, for reading and for writing', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `alter role :app set app.mode = 'open'; alter role :app set search_path = 'lost, public';
       create policy open on notes using (current_setting('app.mode', true) = 'open')`,
    );
    const report = await world.verify(undefined, { writes: true });
    expect(found(report)).toContain('foreign-row-visible public.notes');
    expect(found(report)).toContain('foreign-row-writable public.notes');
  });

  test('a setting of the verifier itself is not the app role’s', async ({ database }) => {
    const auditor = database.uniqueRole('auditor');
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await (await world.connectAs(auditor, 'bypassrls')).end();
    await world.sql(`alter role ${auditor} set app.tenant = '${alpha}'`);
    const report = await world.verify(undefined, {}, await database.connect({ user: auditor, password: 'secret' }));
    expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(report.inconclusive[0]?.reason).toContain('verify on a new connection');
  });
});
