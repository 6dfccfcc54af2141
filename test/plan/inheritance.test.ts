import { describe, expect } from 'vitest';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { readiness } from '../../src/app/readiness.ts';
import { companies, test } from './conversion-support.ts';

/** Tables that inherit from one of the model, on two levels: without its keys, its triggers and its policies. */
const sql = `${companies.sql}
  create table sites (id integer primary key, company_id uuid not null references companies);
  create table documents (id integer primary key, site_id integer references sites, title text not null);
  create table "Contracts" (value numeric) inherits (documents);
  create table leases (until date) inherits ("Contracts");
  insert into sites select row_number() over (), id from companies;
  insert into documents select id, id, 'document' from sites;
  insert into "Contracts" select id, id, 'contract', 1.5 from sites;
  insert into leases select id, id, 'lease', 2.5, '2030-01-01' from sites`;
const model = `${companies.model}
  public.sites: { tenancy: row, column: company_id }
  public.documents: { tenancy: row, column: company_id, backfill: { parent: sites, orphans: quarantine } }`;

describe('tables that inherit from one of the model', () => {
  test('are filled, bound and closed as it is, and lead back', async ({ convert, rowhouse, database: { client } }) => {
    const conversion = await convert(sql, model);
    const before = await conversion.state();
    const planned = await conversion.plan();
    expect(planned.doubts).toEqual([]);
    await rowhouse.migrate({ phase: 'expand' });
    const tenants = 'select company_id = (select company_id from sites where id = site_id) as own from documents';
    await client.query(`insert into leases (id, site_id, title) values (9, 1, 'by code that knows none')`);
    await client.query('update "Contracts" set site_id = site_id');
    expect((await readiness(await rowhouse.request())).tables).toContainEqual(
      expect.objectContaining({ table: { schema: 'public', name: 'documents' }, contextlessWrites: 2 }),
    );
    await rowhouse.migrate();

    const { rows } = await client.query(`${tenants} group by 1`);
    expect(rows).toEqual([{ own: true }]);
    const report = await conversion.verify(true);
    expect({ outcome: report.outcome, inconclusive: report.inconclusive }).toEqual({
      outcome: 'clean',
      inconclusive: [],
    });
    const again = await conversion.plan(false);
    expect(again.files).toEqual([]);

    await client.query('delete from only leases where id = 9');
    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('have their rows put aside, and brought back, as rows of their own', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `${sql};
       insert into documents values (11, null, 'nobody''s');
       insert into "Contracts" values (11, 77, 'of a site that is not there', 7.5);
       insert into leases values (11, null, 'nobody''s lease', 8.5, '2031-01-01')`,
      model,
    );
    const before = await conversion.state();
    const { doubts, notes } = await conversion.plan();
    expect(doubts).toEqual([]);
    expect(notes.map(({ object, message }) => `${object}: ${message}`)).toEqual(
      expect.arrayContaining(
        ['public.documents', 'public."Contracts"', 'public.leases'].map(
          (object) => `${object}: one row will be put aside: no tenant is found for them`,
        ),
      ),
    );
    await rowhouse.migrate();
    const { rows } = await client.query('select count(*)::int as count from documents where id = 11');
    expect(rows).toEqual([{ count: 0 }]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('ask about the table that the model names, once, and keep the policies that people have reviewed of each', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const asked = await (
      await convert(sql, model.replace(', backfill: { parent: sites, orphans: quarantine }', ''))
    ).plan();
    expect(asked.doubts.map(({ object }) => object)).toEqual(['public.documents']);

    const conversion = await convert('select', model);
    await project.write({
      'policies/public.leases.sql': `alter table public.leases enable row level security;
        create policy "Only own" on public.leases for select using (company_id = nullif(current_setting('app.current_tenant', true), '')::uuid);`,
    });
    await conversion.plan();
    await rowhouse.migrate();
    const { rows } = await client.query("select polname from pg_policy where polrelid = 'leases'::regclass");
    expect(rows).toEqual([{ polname: 'Only own' }]);
  });

  test('lose what no policy binds, as it does, and those of a table for reading alone lose writing', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `create role $app; ${sql};
       create table kinds (id integer primary key);
       create table colours (hue text) inherits (kinds);
       grant select on sites to $app; grant select, insert, truncate on leases, colours to $app`,
      `${model}\n  public.kinds: { tenancy: shared, access: read }`,
    );
    const may = async () => {
      const { rows } = await client.query<{ grants: string }>(
        `select string_agg(table_name || ' ' || lower(privilege_type), ', ' order by table_name, privilege_type) as grants
           from information_schema.role_table_grants where table_name in ('leases', 'colours') and grantee like 'app%'`,
      );
      return rows[0]?.grants;
    };
    const before = await may();

    await conversion.plan();
    await rowhouse.migrate();
    expect(await may()).toBe('colours select, leases insert, leases select');

    await conversion.undo();
    expect(await may()).toBe(before);
  });

  test('may be named by the model themselves, before it, and inherit from two', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `${companies.sql}
       create table sites (id integer primary key, company_id uuid not null references companies);
       create table documents (id integer primary key, site_id integer references sites);
       create table notes (note text, site_id integer references sites);
       create table contracts (foreign key (site_id) references sites) inherits (documents);
       create table memos () inherits (documents, notes);
       insert into sites select row_number() over (), id from companies;
       insert into contracts select id, id from sites;
       insert into memos (id, site_id) select id, id from sites`,
      `${companies.model}
  public.contracts: { tenancy: row, column: company_id, backfill: { parent: sites } }
  public.sites: { tenancy: row, column: company_id }
  public.documents: { tenancy: row, column: company_id, backfill: { parent: sites } }
  public.notes: { tenancy: row, column: company_id, backfill: { parent: sites } }`,
    );
    const before = await conversion.state();
    expect((await conversion.plan()).doubts).toEqual([]);
    await rowhouse.migrate();
    const { rows } = await client.query(
      "select polrelid::regclass::text as on, count(*)::int from pg_policy where polrelid in ('contracts'::regclass, 'memos'::regclass) group by 1 order by 1",
    );
    expect(rows).toEqual([
      { on: 'contracts', count: 4 },
      { on: 'memos', count: 4 },
    ]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('whose rows had a tenant keep it, where one of the table above had none', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `${companies.sql}
       create table sites (id integer primary key, company_id uuid not null references companies);
       create table documents (id integer primary key, site_id integer references sites, company_id uuid references companies);
       create table contracts () inherits (documents);
       insert into sites select row_number() over (), id from companies;
       insert into documents values (1, 1, null);
       insert into contracts select 1, id, company_id from sites where id = 2`,
      `${companies.model}
  public.sites: { tenancy: row, column: company_id }
  public.documents: { tenancy: row, column: company_id, backfill: { parent: sites } }`,
    );
    const before = await conversion.state();
    await conversion.plan();
    await rowhouse.migrate();
    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });
});
