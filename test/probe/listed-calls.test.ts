import { expect } from 'vitest';
import { test } from '../support/test.ts';
import type { Param } from '../../src/model/model.ts';
import type { Report } from '../../src/domain/report.ts';
import { verifyModelled } from './modelled.ts';
import { beta, buildWorld, found, notesSchema, soundPolicies, undecided, type World } from './world.ts';

const definer = `security definer set search_path = public, pg_temp as $$
  declare me uuid := nullif(current_setting('app.tenant', true), '')::uuid; begin`;
const aNote = (whose: 'own' | 'foreign' | 'shared'): Param => ({
  kind: 'column',
  whose,
  of: { schema: 'public', name: 'notes', column: 'id' },
});
const days: Param = { kind: 'literal', value: '30' };

async function call(world: World, calls: Readonly<Record<string, readonly Param[]>>): Promise<Report> {
  const functions = Object.entries(calls).map(([signature, params]) => ({ signature, calls: [params] }));
  const notes = 'public.notes: { tenancy: row, column: tenant_id, share: { rows: platform, access: read } }';
  return await verifyModelled(world, notes, { writes: true, functions });
}

test('calls that the model lists, and that write rows of others', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `
    create function rename(int) returns void language plpgsql ${definer} update notes set body = 'by ' || me where id = $1; end $$;
    create function purge(int) returns void language plpgsql ${definer} delete from notes where me is not null; end $$;
    create function send(uuid) returns void language plpgsql ${definer} insert into notes values (99, $1, 'from ' || me); end $$;
    create function empty() returns void language plpgsql ${definer} if me is not null then execute 'trunc' || 'ate notes'; end if; end $$;
    create function edit(int) returns void language plpgsql ${definer} update notes set body = 'by ' || me where id = $1; end $$;
    create procedure tidy(int) language plpgsql ${definer} delete from notes where me is not null; end $$;
    create function total() returns int language plpgsql ${definer}
      insert into notes values (97, me, (select count(*) from notes)); return 0; end $$;
    create function in_beta() returns void language sql set app.tenant = '${beta}' as $$ update notes set body = 'b' $$`,
  );
  const report = await call(world, {
    'public.rename(int)': [aNote('foreign')],
    'public.purge(int)': [days],
    'public.send(uuid)': [{ kind: 'tenant', whose: 'foreign' }],
    'public.empty()': [],
    'public.edit(int)': [aNote('shared')],
    'public.tidy(int)': [days],
    'public.in_beta()': [],
    'public.total()': [],
  });
  expect(report.findings.map(({ ruleId, severity, object }) => `${severity} ${ruleId} ${object}`).sort()).toEqual([
    'error function-definer public.empty()',
    'error function-definer public.purge(integer)',
    'error function-definer public.rename(integer)',
    'error function-definer public.send(uuid)',
    'error function-definer public.tidy(integer)',
    'error function-definer public.total()',
    'error function-sets-context public.in_beta()',
    'warning function-definer public.edit(integer)',
  ]);
  expect(undecided(report)).toEqual([]);
});

test('calls that write rows of their own', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `
    create function rename(int) returns void language plpgsql ${definer} update notes set body = 'by ' || me where id = $1 and tenant_id = me; end $$;
    create function purge(int) returns void language plpgsql ${definer} delete from notes where tenant_id = me; end $$;
    create function add(text) returns void language plpgsql ${definer} insert into notes values (99, me, $1); end $$;
    create function invoke() returns void language sql as $$ update notes set body = 'x' $$`,
  );
  const report = await call(world, {
    'public.rename(int)': [aNote('foreign')],
    'public.purge(int)': [days],
    'public.add(text)': [days],
    'public.invoke()': [],
  });
  expect([found(report), undecided(report)]).toEqual([[], []]);
});
