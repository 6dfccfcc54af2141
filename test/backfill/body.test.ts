import { describe, expect, test } from 'vitest';
import { parseBackfill } from '../../src/backfill/body.ts';

const parse = (source: string) => parseBackfill('migrations/0001_fill.sql', source);

/** A refusal with its kind, its message and the lines that it shows. */
function refusal(message: string): unknown {
  return expect.objectContaining({ kind: 'configuration', code: 'backfill-invalid', message });
}

describe('a backfill body', () => {
  test('is taken apart into its table, alias and columns', () => {
    expect(parse('update s."My Table" as m set a = 1, "B c" = 2')).toMatchObject({
      target: { schema: 's', name: 'My Table' },
      alias: 'm',
      columns: ['a', 'B c'],
      rangeColumn: null,
      selfLimiting: false,
    });
    expect(parse('update only t set (a, b) = (select 1, 2);')).toMatchObject({
      target: { schema: null, name: 't' },
      alias: 't',
      columns: ['a', 'b'],
    });
  });

  test.for<[what: string, source: string, message: string]>([
    ['nothing', '', 'migrations/0001_fill.sql:1: a backfill is exactly one UPDATE'],
    ['only a comment', '-- update t set a = 1', 'migrations/0001_fill.sql:1: a backfill is exactly one UPDATE'],
    ['another statement', '\nselect 1', 'migrations/0001_fill.sql:2: a backfill is exactly one UPDATE'],
    [
      'a second statement',
      'update t set a = 1;\n\nupdate t set b = 2;',
      'migrations/0001_fill.sql:3: a backfill is exactly one UPDATE',
    ],
    [
      'RETURNING',
      '-- one\nupdate t set a = 1 returning a',
      'migrations/0001_fill.sql:2: a backfill returns nothing: remove RETURNING',
    ],
    [
      'a WITH that writes',
      'with gone as (delete from other returning id) update t set a = 1 from gone where gone.id = t.id',
      'migrations/0001_fill.sql:1: a WITH that writes would run once a batch: a backfill updates one table',
    ],
    ['a parameter', 'update t\nset a = $1', 'migrations/0001_fill.sql:2: a backfill has no parameter $1'],
    [
      'a syntax error behind variables and other alphabets',
      "update t set a = 'Ünï😀'\nwhere id > :from and id <= :to\nand and b",
      'migrations/0001_fill.sql:3: syntax error at or near "and"',
    ],
    ...[
      ['only :from', 'update t set a = 1 where id > :from'],
      ['only :to', 'update t set a = 1 where id <= :to'],
      ['a range that takes the first row twice', 'update t set a = 1 where id >= :from and id <= :to'],
      ['a range that leaves the last row out', 'update t set a = 1 where id > :from and id < :to'],
      ['a range over two columns', 'update t set a = 1 where id > :from and other <= :to'],
      ['a variable elsewhere', 'update t set a = :to where id > :from and id <= :to'],
      ['a cast variable', 'update t set a = 1 where id > :from::int and id <= :to'],
      ['a range the other way round', 'update t set a = 1 where :from < id and :to >= id'],
      ['BETWEEN', 'update t set a = 1 where id between :from and :to'],
    ].map(([what = '', source = '']): [string, string, string] => [
      what,
      source,
      'migrations/0001_fill.sql:1: a body that places its range says `key > :from and key <= :to`, both and no cast',
    ]),
  ])('is refused with %s', ([, source, message]) => {
    expect(() => parse(source)).toThrow(refusal(message));
  });

  test('shows the place of what it refuses', () => {
    expect(() => parse('update t set a = 1\nwhere where')).toThrow(
      expect.objectContaining({ detail: '2 | where where\n  |       ^' }),
    );
  });

  test('places its range by one column, also in a WITH', () => {
    expect(
      parse(`with batch as (select k.id from t as k where k.id > :from and k.id <= :to)
             update t set a = 1 from batch where batch.id = t.id`).rangeColumn,
    ).toBe('id');
  });

  test('keeps casts, slices and text that look like variables', () => {
    const source = `update t set a = ':from'::text, b = c[1:2], d = $$ :to $$ /* :from */ where id > 0 -- :to`;
    expect(parse(source).rangeColumn).toBeNull();
  });

  test.for<[where: string, selfLimiting: boolean]>([
    ['a is null', true],
    ['x.a is null and x.b > 1', true],
    ['x.b > 1 and (x.c and a is null)', true],
    ['a is null or b is null', false],
    ['not (a is null)', false],
    ['a is not null', false],
    ['c is null', false],
    // A column of the same name in another table says nothing of what is still to do.
    ['y.id = x.y_id and y.a is null', false],
  ])('limits itself where %s: %s', ([where, selfLimiting]) => {
    expect(parse(`update t as x set a = 1 from y where ${where}`).selfLimiting).toBe(selfLimiting);
  });
});
