import type pg from 'pg';
import { describe, expect } from 'vitest';
import { quoteIdent } from '../../src/sql/ident.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import {
  alpha,
  beta,
  buildWorld,
  findingOf,
  found,
  notesSchema,
  soundPolicies,
  undecided,
  type World,
} from './world.ts';

/** The app role can log in, and its verifier does. */
async function build(database: TestDatabase, ...schema: readonly string[]): Promise<World> {
  const world = await buildWorld(database, notesSchema, soundPolicies, ...schema);
  await world.sql(`alter role :app login password 'secret'`);
  return world;
}

function as(database: TestDatabase, user: string): () => Promise<pg.Client> {
  return () => database.connect({ user, password: 'secret' });
}

async function verifyLoggedIn({ verify, app, database }: World, options = {}, user = app) {
  const open = as(database, user);
  return await verify(undefined, { appConnection: { client: await open(), open }, ...options });
}

describe('--app-url', () => {
  test('a sound wall is clean, in the same snapshot, with writes by SET ROLE', async ({ database }) => {
    const world = await build(database);
    const report = await verifyLoggedIn(world, { writes: true });
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual([]);
    expect(report.role).toMatchObject({ app: world.app, login: { user: world.app, roles: [world.app] } });
  });

  test('a policy on session_user, which SET ROLE does not try', async ({ database }) => {
    const world = await build(database, `create policy back_door on notes for select using (session_user ~ '^app_')`);
    expect((await world.verify()).outcome).toBe('clean');
    expect(found(await verifyLoggedIn(world))).toContain('foreign-row-visible public.notes');
  });

  test('a login that starts with a tenant, in a session that nobody has touched', async ({ database }) => {
    const world = await build(database);
    await world.sql(`alter role :app set app.tenant = '${beta}'`);
    const report = await verifyLoggedIn(world);
    expect(found(report)).toEqual([`policy-fallback-tenant role:${world.app}`]);
    expect(findingOf(report, 'policy-fallback-tenant').evidence).toMatchObject({ value: beta });
  });

  test('prepared statements of the login', async ({ database }) => {
    const world = await build(
      database,
      `drop policy own on notes; create policy own on notes using (tenant_id = ctx()); alter function ctx() immutable`,
    );
    expect(found(await verifyLoggedIn(world))).toContain('policy-immutable-context public.notes');
  });

  test('a login that becomes the app role: it has nothing to go back to, or it escapes', async ({ database }) => {
    const gate = database.uniqueRole('gate');
    const world = await build(database);
    await world.sql(`create role ${gate} login noinherit password 'secret'; grant :app to ${gate}`);
    expect(await verifyLoggedIn(world, {}, gate)).toMatchObject({
      outcome: 'clean',
      inconclusive: [],
      role: { login: { user: gate, roles: [world.app] } },
    });
    await world.sql(`alter role ${gate} bypassrls`);
    const report = await verifyLoggedIn(world, {}, gate);
    expect(found(report)).toEqual([`session-role-escape role:${world.app}`]);
    await world.sql(
      `alter role ${gate} nobypassrls; alter table notes owner to ${gate}; grant ${gate} to current_user`,
    );
    expect(findingOf(await verifyLoggedIn(world, {}, gate), 'session-role-escape').message).toContain(
      'owns public.notes and may drop its policies',
    );
  });

  test('a login that is no app role, another database, and rows that are not stored', async ({ database }) => {
    const stranger = database.uniqueRole('stranger');
    const world = await build(database, `create role ${stranger} login password 'secret'`);
    await expect(verifyLoggedIn(world, {}, stranger)).rejects.toMatchObject({ code: 'app-url-other-role' });

    const open = async (): Promise<pg.Client> => {
      const elsewhere = await database.connect({ user: world.app, password: 'secret' });
      // A replica, or another server, knows no such snapshot.
      const query = elsewhere.query.bind(elsewhere) as (text: unknown, values?: unknown) => Promise<pg.QueryResult>;
      elsewhere.query = ((text: unknown, values?: unknown) =>
        query(
          typeof text === 'string' ? text.replace(/snapshot '[^']*'/, `snapshot '00000003-0000001B-1'`) : text,
          values,
        )) as never;
      return elsewhere;
    };
    await expect(world.verify(undefined, { appConnection: { client: await open(), open } })).rejects.toMatchObject({
      code: 'app-url-elsewhere',
    });
  });

  test('a second app role is reached by SET ROLE', async ({ database }) => {
    const second = database.uniqueRole('second');
    const world = await build(
      database,
      `create role ${second}; grant usage on schema public to ${second}; grant select on notes to ${second};
       create policy leak on notes for select to ${second} using (true)`,
    );
    const report = await verifyLoggedIn(world, { appRoles: [world.app, second] });
    expect(report.role.login).toEqual({ user: world.app, roles: [world.app] });
    expect(findingOf(report, 'foreign-row-visible').evidence['role']).toBe(second);
  });

  test('quoted names', async ({ database }) => {
    const world = await build(database);
    const name = database.uniqueRole('Odd "role".');
    await world.sql(`create role ${quoteIdent(name)} login password 'secret' in role :app`);
    expect(await verifyLoggedIn(world, { tenants: [alpha, beta] }, name)).toMatchObject({ outcome: 'clean' });
  });
});
