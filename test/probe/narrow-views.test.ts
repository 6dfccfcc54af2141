import { expect } from 'vitest';
import { serverMajor, test } from '../support/test.ts';
import { verifyModelled } from './modelled.ts';
import { alpha, beta, buildWorld, found, undecided } from './world.ts';

/** Rooms that bookings point at, behind a sound wall, and views that show little of them. */
const schema = `
  create table tenants (id uuid primary key);
  insert into tenants values ('${alpha}'), ('${beta}');
  create function ctx() returns uuid language sql stable
    as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;
  create table rooms (id int primary key, tenant_id uuid not null, name text, seats int not null);
  create table bookings (id int primary key, tenant_id uuid not null, room int not null references rooms);
  insert into rooms values (1, '${alpha}', 'a', 1), (2, '${beta}', 'b', 1), (3, '${alpha}', 'aa', 1), (4, '${beta}', 'bb', 1);
  insert into bookings values (1, '${alpha}', 1), (2, '${beta}', 2);
  alter table rooms enable row level security;
  alter table bookings enable row level security;
  create policy own on rooms using (tenant_id = (select ctx()));
  create policy own on bookings using (tenant_id = (select ctx()));
  create view names${serverMajor < 15 ? '' : ' with (security_invoker)'} as select id, name from rooms`;
const model = `public.rooms: { tenancy: row, column: tenant_id }
  public.bookings: { tenancy: row, column: tenant_id }`;
const views = 'views:\n  public.names: { of: public.rooms }';
const withInvokers = test.skipIf(serverMajor < 15);
const only = { writes: true, relations: ['public.names'] };

withInvokers("an INSERT that leaves out what the table wants is nobody's", async ({ database }) => {
  const world = await buildWorld(database, schema);
  await world.sql('alter table rooms alter tenant_id set default ctx()');
  const verify = () => verifyModelled(world, model, only, views);

  const report = await verify();
  expect([found(report), undecided(report)]).toEqual([[], []]);

  await world.sql(`alter table rooms alter seats set default 1, alter tenant_id set default '${beta}';
    create policy gift on rooms for insert with check (true)`);
  expect(found(await verify())).toEqual(['policy-check-weaker public.names']);
});

withInvokers("an INSERT that cannot say a tenant, and none is said for it, is nobody's", async ({ database }) => {
  const world = await buildWorld(database, schema);
  await world.sql('alter table rooms alter seats set default 1');
  const verify = () => verifyModelled(world, model, only, views);

  const report = await verify();
  expect([found(report), undecided(report)]).toEqual([[], []]);

  // A default may say any tenant, and so may have been refused for it.
  await world.sql('alter table rooms alter tenant_id set default gen_random_uuid()');
  expect(undecided(await verify())).toEqual([expect.stringContaining('foreign-row-writable public.names')]);

  await world.sql(`
    create function give() returns trigger language plpgsql as $$ begin new.tenant_id := '${beta}'; return new; end $$;
    create trigger give before insert on rooms for each row execute function give();
    alter table rooms enable always trigger give;
    create policy gift on rooms for insert with check (true)`);
  expect(found(await verify())).toEqual(['policy-check-weaker public.names']);
});

withInvokers(
  'a DELETE that a foreign key stops is tried on each row alone, where triggers fire',
  async ({ database }) => {
    const world = await buildWorld(database, schema);
    await world.sql(`
    alter table rooms alter seats set default 1, alter tenant_id set default ctx();
    create function rename() returns trigger language plpgsql as $$ begin
      update rooms set name = new.name where id = new.id; return new; end $$;
    create trigger rename instead of update on names for each row execute function rename()`);
    const verify = () => verifyModelled(world, model, only, views);

    const report = await verify();
    expect([found(report), undecided(report)]).toEqual([[], []]);

    await world.sql('create policy loose on rooms for delete using (true)');
    expect(found(await verify())).toEqual(['foreign-row-writable public.names']);
  },
);

test.for(['initially immediate', 'initially deferred'])(
  'a deferrable key, %s, tells what others have, though ON CONFLICT does not take it',
  async (when, { database }) => {
    const world = await buildWorld(database, schema);
    await world.sql(`alter table rooms add constraint number unique (name) deferrable ${when}`);
    const report = await verifyModelled(world, model, { writes: true, relations: ['public.rooms'] });
    expect([found(report), undecided(report)]).toEqual([['unique-oracle public.rooms'], []]);
  },
);

withInvokers(
  'a view that is only written through is judged by its table, and by the grants there',
  async ({ database }) => {
    const world = await buildWorld(database, schema);
    await world.sql(`create view whole as select * from rooms; revoke all on rooms, whole from ${world.app};
    alter table bookings drop constraint bookings_room_fkey`);
    const whole = 'views:\n  public.whole: { of: public.rooms }';
    const verify = () => verifyModelled(world, model, { writes: true }, whole);
    for (const privilege of ['insert', 'update', 'delete']) {
      await world.sql(`revoke all on whole from ${world.app}; grant ${privilege} on whole to ${world.app}`);
      const report = await verify();
      expect([found(report), undecided(report)]).toEqual([['view-definer-writable public.whole'], []]);
    }

    await world.sql(`alter view whole set (security_invoker); grant update on whole to ${world.app};
    grant update (name) on rooms to ${world.app}`);
    const report = await verify();
    expect([found(report), undecided(report)]).toEqual([[], []]);
  },
);
