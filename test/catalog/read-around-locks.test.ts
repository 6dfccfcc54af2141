import { expect } from 'vitest';
import { readAroundLocks } from '../../src/catalog/read-around-locks.ts';
import { test } from '../support/test.ts';

const schema = `
  create table parent (id int primary key default 3, tenant int check (tenant > 0));
  create index on parent (tenant) where tenant > 3;
  create table child (id int primary key, parent int references parent, tenant int);
  create table apart (id int primary key default 4 check (id > 0));
  create table place (id int primary key);
  create view seen as select * from parent;
  create view again as select * from seen;
  create rule redirected as on insert to place do instead insert into parent values (new.id);
  alter table parent enable row level security;
  create policy own on parent using (tenant = 1);
  create policy through on child using (exists (select from parent p where p.id = child.parent));
  create function fired() returns trigger language plpgsql as 'begin return new; end';
  create trigger fires before insert on parent for each row when (new.tenant > 1) execute function fired();
  create function counted() returns bigint language sql begin atomic select count(*) from parent; end;
  create function told() returns bigint language plpgsql as 'begin return (select count(*) from parent); end';
  create publication sent for table parent;
`;

test('what others lock is read without definitions, and the rest with them', async ({ database }) => {
  await database.client.query(schema);
  const whole = await readAroundLocks(database.client);
  expect(whole.outOfReach).toEqual([]);
  expect(whole.readable).toBe(whole.snapshot);

  const holder = await database.connect();
  await holder.query("set application_name = 'a long change'; begin; lock table parent in access exclusive mode");
  await database.client.query("set lock_timeout = '50ms'");
  const { snapshot, readable, outOfReach } = await readAroundLocks(database.client);
  await holder.query('rollback');
  const names = ['public.child', 'public.counted()', 'public.parent', 'public.place', 'public.seen', database.name];
  expect(outOfReach.map(({ object }) => object).sort()).toEqual(names);
  const reason = outOfReach.find(({ object }) => object === 'public.parent')?.reason;
  expect(reason).toMatch(/^It is locked by pid \d+ of .* \(a long change\), so that/);
  expect(outOfReach.find(({ object }) => object === 'public.seen')?.reason).toContain(
    'It reads public.parent, which is',
  );

  const relnames = readable.relations.map(({ relname }) => relname);
  expect(relnames).toEqual(['again', 'apart']);
  expect(snapshot.relations.map(({ relname }) => relname)).toEqual(
    whole.snapshot.relations.map(({ relname }) => relname),
  );
  const apart = (read: typeof snapshot) => read.relations.find(({ relname }) => relname === 'apart');
  expect(apart(snapshot)).toEqual(apart(whole.snapshot));
});

test('whoever reads a parent waits for its children', async ({ database }) => {
  await database.client.query(`create table years (year int) partition by list (year);
    create table year partition of years for values in (2026) partition by list (year);
    create table this partition of year default; create table other (id int)`);
  const holder = await database.connect();
  await holder.query('begin; lock table this in access exclusive mode');
  const { readable, outOfReach } = await readAroundLocks(database.client);
  await holder.query('rollback');
  expect(outOfReach.map(({ object }) => object).sort()).toEqual(['public.this', 'public.year', 'public.years']);
  expect(readable.relations.map(({ relname }) => relname)).toEqual(['other']);
});

test('a lock that comes while the catalog is read is waited for, and then passed over', async ({ database }) => {
  await database.client.query(schema);
  const [reader, holder] = [await database.connect(), await database.connect()];
  await reader.query("set lock_timeout = '50ms'");
  const query = reader.query.bind(reader) as (text: string, values?: unknown[]) => Promise<unknown>;
  let isLocked = false;
  Object.assign(reader, {
    query: async (text: string, values?: unknown[]) => {
      if (text.includes('pg_get_viewdef') && !isLocked) {
        isLocked = true;
        await holder.query('begin; lock table parent in access exclusive mode');
      }
      return await query(text, values);
    },
  });
  const { outOfReach } = await readAroundLocks(reader);
  await holder.query('rollback');
  expect(outOfReach.map(({ object }) => object)).toContain('public.parent');
});
