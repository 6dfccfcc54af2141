import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { messageOf, RowhouseError, type ErrorKind } from '../../src/domain/errors.ts';

test.for<[ErrorKind, number]>([
  ['usage', 2],
  ['configuration', 2],
  ['database', 3],
  ['drift', 4],
  ['locked', 5],
  ['cancelled', 130],
])('an error of the kind %s exits with %i', ([kind, code]) => {
  expect(exitCodeOf(new RowhouseError(kind, 'code', 'message'))).toBe(code);
});

test('what nobody foresaw exits as a failed run', () => {
  expect(exitCodeOf(new TypeError('a mistake of ours'))).toBe(3);
});

test('anything that is thrown has a message', () => {
  expect([new Error('a'), 'b', undefined].map(messageOf)).toEqual(['a', 'b', 'undefined']);
});
