import type pg from 'pg';
import { describe, expect, inject } from 'vitest';
import { lintMigrationFiles } from '../../src/app/lint-migrations.ts';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { companies, test } from './conversion-support.ts';

const events = `${companies.sql}
  create table "Events" (code text not null, at date not null, "Serial no" text not null, company_id uuid not null references companies,
    primary key (code, at), unique ("Serial no", code, at)) partition by range (at);
  create table "events_1 $$" partition of "Events" for values from ('2020-01-01') to ('2021-01-01');
  create table events_2 partition of "Events" for values from ('2021-01-01') to ('2022-01-01') partition by list (code);
  create table events_2_a partition of events_2 for values in ('a');
  create table events_2_b partition of events_2 for values in ('b');
  create table marks (kind int, of uuid references companies) partition by list (kind);
  create table marks_1 partition of marks for values in (1);
  insert into "Events" select code, at, code || at, id from companies, (values ('a', date '2020-05-05', 'one'), ('b', date '2021-05-05', 'two')) as e (code, at, of)
    where name = of;`;
const model = `${companies.model}  public."Events": { tenancy: row, column: company_id }
`;

describe('keys of partitioned tables', () => {
  test('hold within a tenant, by the indexes that are built on their partitions, and go back', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const conversion = await convert(events, `${model}  public.marks: { tenancy: row, column: of }\n`);
    const { notes } = await conversion.plan();
    expect(notes.filter(({ message }) => message.includes('the key'))).toEqual([]);
    await client.query(
      "create table events_3 partition of \"Events\" for values from ('2022-01-01') to ('2023-01-01')",
    );
    await client.query('create table marks_2 partition of marks for values in (2)');
    const before = await conversion.state();
    const { findings: remarks } = await lintMigrationFiles({
      directory: project.directory,
      toolVersion: '0',
      failOn: 'warning',
    });
    expect(remarks).toEqual([]);

    await rowhouse.migrate({ phase: 'backfill' });
    const built = await files(client, '%_key');
    await rowhouse.migrate();
    const kept = await files(client, '%');
    // No index was built under a lock.
    expect(built.length).toBe(6);
    expect(kept.map(({ file }) => file)).toEqual(expect.arrayContaining(built.map(({ file }) => file)));
    const primary = await client.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint where contype = 'p' and conrelid::regclass::text ~* 'events'`,
    );
    expect(primary.rows.map(({ definition }) => definition)).toEqual(
      Array.from({ length: 6 }, () => 'PRIMARY KEY (company_id, code, at)'),
    );
    expect((await client.query('select from pg_index where not indisvalid')).rows).toEqual([]);
    expect((await conversion.plan(false)).files).toEqual([]);
    const { findings } = await conversion.verify(true);
    expect(findings.filter(({ ruleId }) => ruleId === 'unique-oracle')).toEqual([]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('stay where more than a list of columns makes them, or others point at them, which a note says', async ({
    convert,
  }) => {
    const conversion = await convert(
      `${companies.sql}
      create table logs (code text not null, at date not null, company_id uuid not null references companies, size int,
        unique (code, at) include (size)) partition by range (at);
      create table logs_1 partition of logs for values from ('2020-01-01') to ('2021-01-01');
      create table days (code text, at date, company_id uuid not null references companies, unique (code, at)) partition by range (at);
      create table days_1 partition of days for values from ('2020-01-01') to ('2021-01-01');
      create table marks (id uuid primary key, code text, at date, foreign key (code, at) references days_1 (code, at));`,
      `${companies.model}  public.logs: { tenancy: row, column: company_id }
  public.days: { tenancy: row, column: company_id }
  public.marks: { tenancy: none }
`,
    );
    const { notes } = await conversion.plan(false);
    expect(notes.map(({ message }) => message).filter((message) => message.includes('the key'))).toEqual([
      expect.stringMatching(/logs_code_at_size_key.*is more than a list of columns/),
      expect.stringMatching(/days_code_at_key.*the foreign key marks_code_at_fkey depends on it/),
    ]);
  });
});

const rebuilt = `${companies.sql}
  create extension if not exists btree_gist;
  create table steps (id int primary key, company_id uuid not null references companies, place text, "Position" int,
    constraint "steps of a place" unique (place, "Position") deferrable initially deferred);
  create table bookings (company_id uuid not null references companies, room text, during tsrange,
    exclude using gist (room with =, during with &&) where (room <> ''));
  create table tags (company_id uuid not null references companies, name text, gone bool not null default false);
  create unique index tags_name on tags (lower(name)) where not gone;
  create table logs (code text not null, at date not null, company_id uuid not null references companies) partition by range (at);
  create table logs_1 partition of logs for values from ('2020-01-01') to ('2021-01-01');
  create table logs_2 partition of logs for values from ('2021-01-01') to ('2022-01-01') partition by list (code);
  create table logs_2_a partition of logs_2 default;
  create unique index "logs code" on logs (code, at) include (company_id);
  alter index logs_1_code_at_company_id_idx rename to "old one";
  insert into steps select row_number() over (), id, name, n from companies, generate_series(1, 2) as n;
  insert into bookings select id, name, '[2020-01-01, 2020-02-01)' from companies;
  insert into tags select id, name from companies;
  insert into logs select name, '2021-05-05', id from companies;`;
const rebuiltModel = `${companies.model}  public.steps: { tenancy: row, column: company_id }
  public.bookings: { tenancy: row, column: company_id }
  public.tags: { tenancy: row, column: company_id }
  public.logs: { tenancy: row, column: company_id }
`;

describe('keys that no index is made for beforehand', () => {
  test('hold within a tenant where the table is small: deferrable ones, exclusion constraints; and unique indexes of partitioned tables', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const has18 = inject('serverMajor') >= 18;
    const conversion = await convert(
      `${rebuilt} ${has18 ? 'alter table bookings add unique (room, during without overlaps);' : ''} analyze;`,
      rebuiltModel,
    );
    const before = await conversion.state();
    expect((await conversion.plan()).notes).toEqual([]);
    const { findings: remarks } = await lintMigrationFiles({
      directory: project.directory,
      toolVersion: '0',
      failOn: 'warning',
    });
    expect(remarks).toEqual([]);
    await client.query("create table logs_3 partition of logs for values from ('2022-01-01') to ('2023-01-01')");
    await rowhouse.migrate();
    expect((await conversion.plan()).files).toEqual([]);
    await client.query('drop table logs_3');
    await client.query(`begin;
      update steps set "Position" = 3 - "Position";
      insert into steps select 10, id, 'one', 1 from companies where name = 'two';
      insert into bookings select id, 'one', '[2020-01-01, 2020-02-01)' from companies where name = 'two';
      insert into tags select id, 'One' from companies where name = 'two';
      insert into logs select 'one', '2021-05-05', id from companies where name = 'two';
      set constraints all immediate;
      rollback;`);
    const { findings } = await conversion.verify();
    expect(findings.filter(({ ruleId }) => ruleId === 'unique-oracle')).toEqual([]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('stay where the table is large, or nobody knows, or an extension lacks: a note says what to do', async ({
    convert,
    database: { client },
  }) => {
    const conversion = await convert(`${rebuilt} analyze`, rebuiltModel);
    const told = async (): Promise<readonly string[]> =>
      (await conversion.plan(false)).notes.map(({ message }) =>
        message.replace(/^.*all tenants at once: |; where that.*$/g, ''),
      );
    await client.query("update pg_class set relpages = 100000 where relname in ('steps', 'bookings')");
    expect(await told()).toEqual([
      expect.stringContaining(
        '781 MB: where it may be for so long, \`alter table public.steps drop constraint "steps of a place", add constraint "steps of a place" UNIQUE (company_id, place, "Position") DEFERRABLE INITIALLY DEFERRED\`',
      ),
      expect.stringMatching(
        /alter table public.bookings .* EXCLUDE USING gist \(company_id WITH =, room WITH =, during WITH &&\) WHERE/,
      ),
    ]);
    await client.query(
      "update pg_class set reltuples = -1 where relname = 'steps'; alter table bookings drop constraint bookings_room_during_excl; drop extension btree_gist; delete from bookings; alter table bookings add exclude using gist (during with &&)",
    );
    expect(await told()).toEqual([
      expect.stringContaining('\`analyze public.steps\`, and plan again'),
      expect.stringContaining('\`create extension btree_gist\`'),
    ]);
  });
});

/** Where the indexes of the partitions that hold rows are stored. */
async function files(client: pg.Client, name: string): Promise<readonly { readonly file: number }[]> {
  const { rows } = await client.query<{ file: number }>(
    `select i.relfilenode::int as file from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid::regclass::text ~ 'events_(1|2_)' and x.indisunique and i.relname like $1
        and pg_get_indexdef(i.oid) like '%company_id%' order by 1`,
    [name],
  );
  return rows;
}
