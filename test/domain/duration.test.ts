import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/domain/duration.ts';

test.for([
  ['500ms', 500],
  ['2s', 2000],
  [' 30 min ', 1_800_000],
  ['1h', 3_600_000],
  ['0s', 0],
  ['5', null],
  ['1.5s', null],
  ['-1s', null],
  ['1 s 2', null],
  ['1d', null],
  ['', null],
] as const)('%j is read as %s', ([text, ms]) => {
  expect(parseDuration(text)).toBe(ms);
});

test.for([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1000, '1.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [60_000, '1 min 0 s'],
  [119_600, '2 min 0 s'],
  [125_000, '2 min 5 s'],
] as const)('%s ms is written %j', ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});
