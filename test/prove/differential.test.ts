import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot, Relation } from '../../src/catalog/snapshot.ts';
import { checksHeldBy } from '../../src/prove/checks.ts';
import { evaluate, type Result, type RowValues, type Situation } from '../../src/prove/evaluate.ts';
import type { ContextModel } from '../../src/model/model.ts';
import { ask } from '../../src/prove/question.ts';
import { printedPlace, type Scope } from '../../src/prove/scope.ts';
import { Encoder } from '../../src/prove/smt/encoder.ts';
import { and, equal, not, type Formula } from '../../src/prove/smt/formula.ts';
import { mayBeFalse, mayBeTrue, type Outcome } from '../../src/prove/smt/outcome.ts';
import { Script } from '../../src/prove/smt/script.ts';
import { Session } from '../../src/prove/smt/session.ts';
import { Solver } from '../../src/prove/smt/solver.ts';
import { Vocabulary } from '../../src/prove/smt/vocabulary.ts';
import { World, type Instance } from '../../src/prove/smt/world.ts';
import { allOf, anyOf, negation, newRow, no, type Row, type Term, type Value } from '../../src/prove/term.ts';
import { Translator } from '../../src/prove/translate.ts';
import { columnOf, rangeOf } from '../../src/prove/range.ts';
import { loneSelect } from '../../src/sql/function-body.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { expressions, settings, uuids } from './expressions.ts';
import { firstSeed, scaled, times } from './scale.ts';

const perView = 150;
const views = 12 * times;

let database: TestDatabase;
let snapshot: CatalogSnapshot;
/** What PostgreSQL says: for each expression, for each row, `true`, `false`, `null` or `error`. */
let answers: readonly (readonly string[])[];
let terms: readonly Term[];
let written: readonly string[];
let row: Row;
let things: readonly RowValues[];
let situation: Situation;

beforeAll(async () => {
  database = await createTestDatabase();
  const { client } = database;
  await client.query(`create schema d; create type d.mood as enum ('glad', 'sad', 'angry'); create domain d.label as text check (value <> 'never');
    create table d.things (id int primary key, u1 uuid, u2 uuid, t1 text, t2 text collate "C", i1 int, i2 bigint, b1 bool, b2 bool,
      e1 d.mood, e2 d.mood, day date, at timestamptz, j jsonb, i3 smallint, v varchar(60), label d.label, local timestamp, us uuid[], ts text[],
      check (i1 is null or i1 < 100 and t1 <> 'never'), check (t2 like 'A%' or t2 <> 'B'));
    create table d.members (user_id uuid not null, tenant_id uuid, active bool);
    insert into d.members values ('${uuids[0] ?? ''}', '${uuids[0] ?? ''}', true), ('${uuids[0] ?? ''}', '${uuids[1] ?? ''}', false),
      ('${uuids[1] ?? ''}', '${uuids[2] ?? ''}', null), ('${uuids[2] ?? ''}', null, false);
    insert into d.things values
      (1, '${uuids[0] ?? ''}', '${uuids[1] ?? ''}', 'ab', 'x', 7, -3, true, false, 'glad', 'sad', '2024-02-29', '2024-02-29 12:00:00Z', '{"a": "ab"}'),
      (2, '${uuids[1] ?? ''}', null, '', '7', -3, 7, false, null, 'sad', null, '2025-01-01', null, '{"a": null, "b": "x"}'),
      (3, null, '${uuids[0] ?? ''}', null, 'ABC', null, 8, null, true, null, 'angry', null, '2025-01-01 00:00:00Z', null),
      (4, '${uuids[2] ?? ''}', '${uuids[2] ?? ''}', '${uuids[0] ?? ''}', 'A%', 0, null, true, true, 'angry', 'angry', '2023-01-01', '2023-01-01', '{"b": true}'),
      (5, '${uuids[0] ?? ''}', '${uuids[0] ?? ''}', 'true', null, 7, 7, false, false, 'sad', 'glad', '2024-03-01', '2024-03-01', '[1]'),
      (6, null, null, null, null, null, null, null, null, null, null, null, null, null);
    update d.things set us = case when id < 5 then array[u1, u2] when id = 5 then '{}' end, ts = case when id <> 3 then array[t1, 'x', e1::text] end;
    update d.things set i3 = i1, v = t1, label = t2, local = at at time zone 'UTC' where id <> 2;
    create view d.listed as select m.tenant_id, m.user_id from d.members m where m.active is distinct from false;
    create function d.me() returns uuid language sql stable as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;
    create function d.claim(key text) returns text language sql stable return case key when 'sub' then current_setting('app.claims')::json ->> 'sub' else key end;
    create function d.is_mine(id uuid) returns boolean language plpgsql stable as $$ begin return id = d.me(); end $$;
    create function d.matches(id uuid, word text, other text default 'ab') returns boolean language sql stable
      as $$ select id is not null and (word = other or word = id::text) $$;
    create function d.strictly(b boolean) returns boolean language sql immutable strict as $$ select not b or b $$;
    create function d.word(t text) returns text language sql immutable as $$ select case when t = '' then 'x' else t end $$;
    create function d.tenants_of(who uuid) returns setof uuid language sql stable as $$ select m.tenant_id from d.members m where m.user_id = who $$;
    create function d.belongs(id uuid) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp
      as $$ select exists (select from d.members m where m.tenant_id = id and m.active) $$;
    create function d.judge(sql text) returns text[] language plpgsql as $$
    declare result text[]; one text;
    begin
      begin
        execute format('select array_agg(coalesce((%s)::text, ''null'') order by r.id) from d.things r', sql) into result;
        return result;
      exception when others then null;
      end;
      result := '{}';
      for id in 1..6 loop
        begin
          execute format('select coalesce((%s)::text, ''null'') from d.things r where r.id = %s', sql, id) into one;
        exception when others then one := 'error';
        end;
        result := result || one;
      end loop;
      return result;
    end $$`);
  for (const [name, value] of Object.entries(settings))
    await client.query('select set_config($1, $2, false)', [name, value]);
  await client.query(`set timezone = 'UTC'`);
  written = fc.sample(expressions.bool, { numRuns: perView * views, seed: firstSeed });
  for (let view = 0; view < views; view += 1) {
    const columns = written.slice(view * perView, (view + 1) * perView).map((sql, index) => `${sql} as c${index}`);
    await client.query(`create view d.v${view} as select r.id, ${columns.join(', ')} from d.things r`);
  }
  const { rows } = await client.query<{ result: string[]; now: string }>(
    'select d.judge(sql) as result, (extract(epoch from now()) * 1000000)::int8::text as now from unnest($1::text[]) with ordinality as u (sql, position) order by position',
    [written],
  );
  answers = rows.map(({ result }) => result);
  snapshot = await readSnapshot(client);
  row = newRow(relation('things'));
  terms = snapshot.relations
    .filter(({ relname }) => /^v\d+$/.test(relname))
    .sort((a, b) => Number(a.relname.slice(1)) - Number(b.relname.slice(1)))
    .flatMap(termsIn);
  things = await rowsOf('things');
  situation = {
    snapshot,
    tables: new Map([
      [relation('members').oid, await rowsOf('members')],
      [relation('things').oid, things],
    ]),
    settings: new Map(Object.entries(settings)),
    subject: null,
    now: BigInt(rows[0]?.now ?? 0),
  };
}, scaled);

const solver = new Solver();

afterAll(async () => {
  await solver.close();
  await database.drop();
});

function relation(name: string): Relation {
  const found = snapshot.relations.find(({ relname }) => relname === name);
  if (found === undefined) throw new TypeError(name);
  return found;
}

function termsIn({ definition }: Relation): readonly Term[] {
  const select = loneSelect(definition ?? '');
  const targets = (select?.['targetList'] ?? []) as readonly { ResTarget: { val: unknown } }[];
  const scope: Scope = {
    place: printedPlace(null),
    ranges: [{ ...rangeOf(snapshot, row, 'r'), schema: null }],
    outer: null,
    parameters: null,
  };
  return targets.slice(1).map(({ ResTarget: { val } }) => new Translator(snapshot).expression(val, scope));
}

async function rowsOf(name: string): Promise<readonly RowValues[]> {
  const columns = relation(name).columns.map(({ attname, type }) => {
    if (type === 'date') return `(${attname} - '1970-01-01')::text as ${attname}`;
    if (type.startsWith('timestamp')) return `(extract(epoch from ${attname}) * 1000000)::bigint::text as ${attname}`;
    return `${attname}::text`;
  });
  const { rows } = await database.client.query<Record<string, string | null>>(
    `select ${columns.join(', ')} from d.${name} order by 1`,
  );
  return rows.map(
    (values) =>
      new Map(relation(name).columns.map(({ attname, type }) => [attname, valueOf(type, values[attname] ?? null)])),
  );
}

function valueOf(type: string, text: string | null): Value {
  if (text === null) return null;
  if (type === 'boolean') return text === 'true';
  return ['smallint', 'integer', 'bigint', 'date', 'timestamp with time zone', 'timestamp without time zone'].includes(
    type,
  )
    ? BigInt(text)
    : text;
}

function agrees(result: Result, answer: string): boolean {
  if (result.kind === 'unknown') return true;
  if (answer === 'error') return result.kind === 'raises' || result.mayRaise;
  return result.kind === 'value' && String(result.value) === answer;
}

test(
  'what terms come to is what PostgreSQL says',
  () => {
    const wrong: string[] = [];
    let known = 0;
    terms.forEach((term, index) => {
      things.forEach((values, at) => {
        const answer = answers[index]?.[at] ?? '';
        const result = evaluate(situation, term, new Map([[row, values]]));
        if (result.kind !== 'unknown') known += 1;
        if (!agrees(result, answer))
          wrong.push(
            `${written[index] ?? ''} at ${at + 1}: ${answer}, not ${JSON.stringify(result, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`,
          );
      });
    });
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(known).toBeGreaterThan(terms.length * things.length * 0.9);
  },
  scaled,
);

/** What the solver is told of the rows and settings that there are. */
function told(): { readonly script: Script; readonly encoder: Encoder; readonly instances: readonly Instance[] } {
  const script = new Script();
  const vocabulary = new Vocabulary(snapshot, script);
  const world = new World(snapshot, script);
  const session = new Session(script, vocabulary, context, { kind: 'subject', othersUnset: false, alias: null });
  for (const name of [...Object.keys(settings), 'app.unset']) {
    const { isNull, value } = session.setting(name);
    const text = settings[name];
    script.assert(text === undefined ? isNull : and(not(isNull), equal(value, vocabulary.text(text))));
  }
  const add = (table: Relation, values: RowValues): Instance => {
    const instance = world.add(table, 'true');
    for (const [name, value] of values) {
      const column = world.column(instance, name);
      const type = columnOf(snapshot, { relation: table, id: 0 }, name)?.type ?? 'other';
      // Documents are things to the solver: what they hold is not told.
      if ((type === 'jsonb' || type.startsWith('array ')) && value !== null) continue;
      script.assert(
        value === null ? column.isNull : and(not(column.isNull), equal(column.value, vocabulary.value(type, value))),
      );
    }
    return instance;
  };
  for (const values of situation.tables.get(relation('members').oid) ?? []) add(relation('members'), values);
  const instances = things.map((values) => add(relation('things'), values));
  return {
    script,
    encoder: new Encoder(snapshot, script, vocabulary, world, session, 'anything', (table) =>
      checksHeldBy(snapshot, table),
    ),
    instances,
  };
}

const context: ContextModel = { setting: 'app.tenant', type: 'uuid', json: null, claims: {} };

function allows(outcome: Outcome, answer: string): Formula {
  if (answer === 'error') return outcome.raises;
  if (answer === 'null') return and(outcome.ok, outcome.isNull);
  return answer === 'true' ? mayBeTrue(outcome) : mayBeFalse(outcome);
}

test(
  'what PostgreSQL says is possible by what the solver is told',
  async () => {
    const size = 3;
    for (let from = 0; from < 24 * times; from += size) {
      const { script, encoder, instances } = told();
      for (let index = from; index < from + size; index += 1) {
        instances.forEach((instance, at) => {
          const term = terms[index];
          if (term) script.assert(allows(encoder.encode(term, new Map([[row, instance]])), answers[index]?.[at] ?? ''));
        });
      }
      encoder.close();
      expect([from, (await solver.solve(script.text(), new Map())).answer]).not.toEqual([from, 'unsat']);
    }
  },
  scaled,
);

test(
  'a policy that is proved lets no foreign row pass',
  async () => {
    const tenant = columnOf(snapshot, row, 'u1');
    const setting: Term = { op: 'setting', type: 'text', name: 'app.tenant', missingOk: true };
    const own: Term = {
      op: 'compare',
      type: 'bool',
      comparison: '=',
      left: tenant ?? no,
      right: { op: 'cast', type: 'uuid', arg: setting, reads: 'uuid' },
    };
    const id: Term = { op: 'cast', type: 'uuid', arg: { op: 'subject', type: 'text' }, reads: 'uuid' };
    const foreign: Term = { op: 'distinct', type: 'bool', left: tenant ?? no, right: id };
    const counted = { proved: 0, refuted: 0, unknown: 0 };
    for (const term of terms.slice(0, 45 * times)) {
      for (const policy of [allOf([own, term]), anyOf([own, term]), allOf([anyOf([own, term]), negation(term)])]) {
        const rows = [{ row, stored: true }];
        const demands = [foreign, policy].map((one) => ({ term: one, demand: 'true' as const }));
        const { answer } = await ask(solver, snapshot, context, {
          rows,
          demands,
          session: { kind: 'subject', othersUnset: false, alias: null },
        });
        counted[answer] += 1;
        if (answer !== 'proved') continue;
        for (const subject of uuids) {
          const session = {
            ...situation,
            subject,
            settings: new Map([...situation.settings, ['app.tenant', subject]]),
          };
          const leaks = things
            .filter((values) => values.get('u1') !== subject)
            .map((values) => evaluate(session, policy, new Map([[row, values]])));
          expect(leaks.filter((result) => result.kind === 'value' && result.value === true)).toEqual([]);
        }
      }
    }
    expect(counted.proved).toBeGreaterThan(60);
    expect(counted.refuted).toBeGreaterThan(15);
  },
  scaled,
);
