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
});
