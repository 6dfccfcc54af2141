import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildWorld, findingOf, found, notesSchema, platform, soundPolicies, undecided } from './world.ts';

/** A helper that remembers, as `body` says: `asked` is what the setting says now, and `known` what was remembered. */
const helper = (body: string): string => `
  create or replace function ctx() returns uuid language plpgsql as $$
  declare
    asked text := nullif(current_setting('app.tenant', true), '');
    known text := nullif(current_setting('app.known', true), '');
  begin ${body} end $$`;

describe('what a policy remembers from another context', () => {
  test('the last tenant, for sessions that say none', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(
      helper(
        `if asked is not null then perform set_config('app.known', asked, false); end if; return coalesce(asked, known);`,
      ),
    );
    const report = await world.verify();
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual(['policy-fails-open public.notes']);
    expect(findingOf(report, 'policy-fails-open')).toMatchObject({
      message: `a session that worked for tenant ${platform} sees 1 row after its context is set anew to nothing`,
      evidence: { kept: [{ change: 'is set anew' }, { change: 'is reset' }] },
    });
  });

  test('the first tenant, for all that come after it', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(
      helper(`perform set_config('app.known', coalesce(known, asked), false); return coalesce(known, asked);`),
    );
    expect(found(await world.verify())).toContain('policy-immutable-context public.notes');
  });

  test('one that a rollback does not take away', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    // Advisory locks outlive a savepoint: this one tells whose turn it was.
    await world.sql(`
      create or replace function ctx() returns uuid language plpgsql as $$
      declare
        asked text := nullif(current_setting('app.tenant', true), '');
        known text := (select '${platform}' from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and objid = 4711);
      begin
        if asked = '${platform}' then perform pg_advisory_lock(4711); end if;
        return coalesce(asked, known);
      end $$`);
    const kept = findingOf(await world.verify(), 'policy-fails-open').evidence['kept'];
    expect(kept).toContainEqual(expect.objectContaining({ next: null, change: 'is rolled back with a savepoint' }));
  });

  test('nothing that is not asked for again', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(helper(`perform set_config('app.known', coalesce(asked, ''), false); return asked;`));
    expect(await world.verify()).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
  });
});
