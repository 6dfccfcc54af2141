import fc from 'fast-check';

/** SQL expressions over a row `r` of `d.things`, typed, so that PostgreSQL takes every one. */
export const uuids = [
  '00000000-0000-0000-0000-00000000000a',
  '00000000-0000-0000-0000-00000000000b',
  '0000000c-0000-0000-0000-000000000000',
];
export const texts = ['', 'x', 'ab', 'abc', 'A%', '7', 'true', uuids[0] ?? '', (uuids[0] ?? '').toUpperCase()];

/** Settings of the session; `app.unset` is not set. */
export const settings: Readonly<Record<string, string>> = {
  'app.tenant': uuids[0] ?? '',
  'app.empty': '',
  'app.word': 'ab',
  'app.number': '7',
  'app.claims': `{"sub": "${uuids[1] ?? ''}", "role": "x", "deep": {"a": "ab"}, "yes": true, "none": null}`,
};

interface Sorts {
  readonly bool: string;
  readonly uuid: string;
  readonly text: string;
  readonly int: string;
}

const literal = (text: string): string => `'${text}'`;

export const expressions = fc.letrec<Sorts>((tie) => {
  const bool = tie('bool') as fc.Arbitrary<string>;
  const uuid = tie('uuid') as fc.Arbitrary<string>;
  const text = tie('text') as fc.Arbitrary<string>;
  const int = tie('int') as fc.Arbitrary<string>;
  const pair = (one: fc.Arbitrary<string>, operators: readonly string[]): fc.Arbitrary<string> =>
    fc.tuple(one, fc.constantFrom(...operators), one).map(([a, operator, b]) => `(${a} ${operator} ${b})`);
  const conditional = (one: fc.Arbitrary<string>): fc.Arbitrary<string>[] => [
    fc.tuple(bool, one, one).map(([when, a, b]) => `case when ${when} then ${a} else ${b} end`),
    fc.tuple(bool, one).map(([when, a]) => `case when ${when} then ${a} end`),
    fc.tuple(one, one).map(([a, b]) => `coalesce(${a}, ${b})`),
    fc.tuple(one, one).map(([a, b]) => `nullif(${a}, ${b})`),
  ];
  const nullable = fc.oneof(uuid, text, int, bool);
  /** CASE of a value, and functions: in SQL and PL/pgSQL, STRICT, with a default, with the rights of another. */
  const chosen = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.tuple(int, int, one, one).map(([a, b, c, d]) => `case ${a} when ${b} then ${c} when 7 then ${d} end`);
  return {
    bool: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom('r.b1', 'r.b2', 'true', 'false', 'null::boolean'),
      pair(uuid, ['=', '<>', '<', '>=', 'is distinct from', 'is not distinct from']),
      pair(text, ['=', '<>', 'is distinct from', 'is not distinct from']),
      pair(int, ['=', '<>', '<', '<=', '>', '>=', 'is distinct from']),
      pair(fc.constantFrom('r.e1', 'r.e2', "'sad'::d.mood", 'null::d.mood'), ['=', '<', '>=', 'is distinct from']),
      pair(fc.constantFrom('r.day', "'2024-02-29'::date", "'2025-01-01'::date"), ['=', '<', '>=']),
      pair(
        fc.constantFrom(
          'r.at',
          "'2024-02-29 12:00:00+00'::timestamptz",
          "now() - interval '20000 hours'",
          "now() - interval '900 days 6 hours'",
          "now() + interval '-00:00:01.5'",
          'current_timestamp',
        ),
        ['=', '<', '>='],
      ),
      fc.constantFrom('=', '<', '>=').map((operator) => `(r.day ${operator} current_date)`),
      fc.tuple(bool, bool).map(([a, b]) => `(${a} and ${b})`),
      fc.tuple(bool, bool).map(([a, b]) => `(${a} or ${b})`),
      bool.map((a) => `(not ${a})`),
      fc.tuple(nullable, fc.constantFrom('is null', 'is not null')).map(([a, test]) => `(${a} ${test})`),
      fc
        .tuple(bool, fc.constantFrom('true', 'false', 'unknown'), fc.constantFrom('is', 'is not'))
        .map(([a, state, is]) => `(${a} ${is} ${state})`),
      fc.tuple(bool, bool).map(([a, b]) => `(${a} = ${b})`),
      fc.tuple(uuid, uuid, uuid).map(([a, b, c]) => `(${a} in (${b}, ${c}))`),
      fc.tuple(text, text, text).map(([a, b, c]) => `(${a} not in (${b}, ${c}))`),
      fc.tuple(uuid, uuid).map(([a, b]) => `(${a} = any (array[${b}, null::uuid]))`),
      uuid.map((a) => `(${a} = any ('{${uuids[0] ?? ''},${uuids[2] ?? ''}}'::uuid[]))`),
      fc
        .tuple(
          text,
          fc.constantFrom('ab%', 'a%', 'abc', '%', '_b%', 'a\\%', 'A\\%', '0000%'),
          fc.constantFrom('like', 'not like'),
        )
        .map(([a, pattern, like]) => `(${a} ${like} '${pattern}')`),
      bool.map((a) => `exists (select from d.members m where m.tenant_id = r.u1 and ${a})`),
      fc
        .tuple(uuid, fc.constantFrom('m.active', 'm.user_id = r.u2', 'true'))
        .map(([a, where]) => `(${a} in (select m.tenant_id from d.members m where ${where}))`),
      uuid.map((a) => `(${a} not in (select m.tenant_id from d.members m where m.active))`),
      text.map((a) => `(${a})::bool`),
      uuid.map((a) => `(${a} <> all (array[${literal(uuids[0] ?? '')}::uuid, r.u2]))`),
      uuid.map((a) => `(${a} = any (array(select m.tenant_id from d.members m where m.active is not true)))`),
      uuid.map((a) => `(${a} in (select d.tenants_of(r.u2)))`),
      uuid.map((a) => `(${a} in (select l.tenant_id from d.listed l where l.user_id = r.u1))`),
      fc
        .tuple(uuid, bool)
        .map(
          ([a, b]) =>
            `exists (select from d.members m join d.members o on o.user_id = m.user_id where o.tenant_id = ${a} and m.active and ${b})`,
        ),
      uuid.map(
        (a) =>
          `exists (select from d.members m where m.user_id = ${a} and exists (select from d.members o where o.tenant_id = m.tenant_id and o.active))`,
      ),
      fc
        .tuple(uuid, fc.constantFrom('union', 'union all'), fc.constantFrom('m.active', 'm.user_id = r.u2'))
        .map(
          ([a, union, where]) =>
            `(${a} in (select m.tenant_id from d.members m where ${where} ${union} select coalesce(r.u2, '${uuids[1] ?? ''}')))`,
        ),
      fc
        .tuple(
          uuid,
          fc.constantFrom('left', 'right', 'full'),
          fc.constantFrom('o.tenant_id', 'm.tenant_id', 'o.active'),
          bool,
        )
        .map(
          ([a, side, column, b]) => `exists (select from d.members m ${side} join d.members o
            on o.user_id = m.tenant_id and o.active is distinct from m.active where m.user_id = ${a} and ${column} is null or ${b})`,
        ),
      uuid.map(
        (a) =>
          `(${a} not in (select o.tenant_id from d.members m left join d.members o using (user_id) where m.active))`,
      ),
      fc.tuple(uuid, bool).map(
        ([
          a,
          b,
        ]) => `exists (with mine as (select m.user_id as id from d.members m where m.tenant_id = ${a} group by m.user_id)
            select from mine w join d.members o on o.user_id = w.id where ${b})`,
      ),
      fc
        .tuple(
          uuid,
          fc.constantFrom('r.us', `coalesce(r.us, '{}')`, `case when r.b1 then r.us else '{NULL}'::uuid[] end`),
        )
        .map(([a, array]) => `(${a} = any (${array}))`),
      fc.tuple(text, fc.constantFrom('=', '<>')).map(([a, o]) => `(${a} ${o} ${o === '=' ? 'any' : 'all'} (r.ts))`),
      fc.tuple(uuid, uuid, fc.constantFrom('@>', '&&')).map(([a, b, o]) => `(r.us ${o} array[${a}, ${b}])`),
      uuid.map((a) => `d.is_mine(${a})`),
      fc.tuple(uuid, text).map(([a, b]) => `d.matches(${a}, ${b})`),
      bool.map((a) => `d.strictly(${a})`),
      uuid.map((a) => `d.belongs(${a})`),
      pair(fc.constantFrom('r.local', "'2024-02-29 12:00:00'::timestamp"), ['=', '<', '>=', 'is distinct from']),
      pair(fc.constantFrom('r.v', "'ab'::varchar", "'ab'::text"), ['=', '<>', 'is distinct from']),
      pair(fc.constantFrom('r.label', "'ab'", 'r.t1'), ['=', 'is not distinct from']),
      pair(fc.constantFrom('(r.e1::text)::d.mood', '(r.t1)::d.mood', 'r.e2'), ['=', '<', 'is distinct from']),
      chosen(bool),
      ...conditional(bool),
    ),
    uuid: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.constantFrom('r.u1', 'r.u2', 'null::uuid', ...uuids.map((id) => `${literal(id)}::uuid`)),
      fc.constant("nullif(current_setting('app.tenant', true), '')::uuid"),
      fc.constant("(select nullif(current_setting('app.empty', true), '')::uuid)"),
      fc.constant("(current_setting('app.claims', true)::jsonb ->> 'sub')::uuid"),
      text.map((a) => `(${a})::uuid`),
      fc
        .constantFrom('m.user_id = r.u1', 'm.user_id = r.u2', 'm.active')
        .map((where) => `(select m.tenant_id from d.members m where ${where})`),
      fc.constant('d.me()'),
      fc.constant('(select d.me())'),
      chosen(uuid),
      ...conditional(uuid),
    ),
    text: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.constantFrom('r.t1', 'r.t2', 'null::text', ...texts.map((text_) => `${literal(text_)}::text`)),
      fc
        .tuple(fc.constantFrom('unset', 'empty', 'word', 'tenant', 'number'), fc.constantFrom(', true', ', false', ''))
        .map(([name, missing]) => `current_setting('app.${name}'${missing})`),
      fc
        .constantFrom('sub', 'role', 'none', 'yes', 'absent')
        .map((key) => `(current_setting('app.claims')::json ->> '${key}')`),
      fc.constantFrom('a', 'b').map((key) => `(r.j ->> '${key}')`),
      fc.constant("((current_setting('app.claims')::jsonb -> 'deep') ->> 'a')"),
      fc.constantFrom('r.u1::text', 'r.i1::text', 'r.b1::text', 'r.e1::text', 'r.v', 'r.label'),
      fc.constantFrom('sub', 'role').map((key) => `(current_setting('app.claims', true)::jsonb #>> '{deep,${key}}')`),
      text.map((a) => `upper(${a})`),
      fc.constantFrom('sub', 'role').map((key) => `d.claim('${key}')`),
      text.map((a) => `d.word(${a})`),
      text.map((a) => `lower(${a})`),
      fc.tuple(text, text).map(([a, b]) => `(${a} || ${b})`),
      ...conditional(text),
    ),
    int: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      fc.constantFrom('r.i1', 'r.i2', '7', '-3', 'null::int'),
      text.map((a) => `(${a})::int`),
      text.map((a) => `(${a})::bigint`),
      fc.constant('r.i3'),
      chosen(int),
      ...conditional(int),
    ),
  };
});
