import { describe, expect, test } from 'vitest';
import { replaceVariables, parseExpression, splitStatements, SqlSyntaxError } from '../../src/sql/parse.ts';
import { excerpt, positionAt } from '../../src/sql/source.ts';

describe('splitStatements', () => {
  test('splits only where PostgreSQL does', () => {
    const text = `-- a; comment é
select 'a;b', $tag$ ; $tag$;; /* ; */
create function "f;"() returns void language plpgsql as $$ begin perform 1; end $$;
select "col;😀" from t -- trailing`;
    expect(splitStatements(text).map((s) => s.text)).toEqual([
      `select 'a;b', $tag$ ; $tag$`,
      `create function "f;"() returns void language plpgsql as $$ begin perform 1; end $$`,
      `select "col;😀" from t -- trailing`,
    ]);
  });

  test('offsets count UTF-16 units and point at the statement', () => {
    const text = `-- 😀 é\nselect '😀';\n\n  update t set a = 1`;
    for (const statement of splitStatements(text)) {
      expect(text.slice(statement.offset).startsWith(statement.text)).toBe(true);
    }
    expect(splitStatements(text)).toHaveLength(2);
  });

  test.each(['', '   ', '-- nothing', ';;'])('finds no statement in %j', (text) => {
    expect(splitStatements(text)).toEqual([]);
  });

  test('a syntax error points at its place, past wide characters', () => {
    const text = `select 'é😀';\n  selct 2`;
    const error = thrown(() => splitStatements(text));
    expect(error).toBeInstanceOf(SqlSyntaxError);
    const { offset } = error as SqlSyntaxError;
    expect(positionAt(text, offset)).toEqual({ line: 2, column: 3 });
    expect(excerpt(text, offset)).toBe('2 |   selct 2\n  |   ^');
  });
});

describe('parseExpression', () => {
  test('returns the node of one expression', () => {
    expect(parseExpression('a = 1 and b -- why')).toHaveProperty('BoolExpr');
  });

  test.each(['1) from secrets where (true', '1; drop table t', '1, 2', '', 'a ='])('refuses %j', (text) => {
    expect(() => parseExpression(text)).toThrow(SqlSyntaxError);
  });
});

describe('replaceVariables', () => {
  test('replaces the given names only, and keeps positions', () => {
    const text = `update t set a = b::text where k > :from and k <= :to and c = ':from' and d[1:n] is null -- :to`;
    const bound = replaceVariables(text, { from: '$1', to: '$2' });
    expect(bound.text).toBe(
      `update t set a = b::text where k > $1    and k <= $2  and c = ':from' and d[1:n] is null -- :to`,
    );
    expect(bound.used).toEqual(new Set(['from', 'to']));
  });
});

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
