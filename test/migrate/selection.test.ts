import { describe, expect, test } from 'vitest';
import type { Migration } from '../../src/migrate/project.ts';
import { compare, selectDown, selectUp, type Recorded, type Selection } from '../../src/migrate/state.ts';
import { parseSqlFile } from '../../src/migrate/sql-file.ts';

const migrations = [
  ['0001_start', ''],
  ['0002_expand', '-- rowhouse: phase expand'],
  ['0003_plain', '-- rowhouse: tag plain'],
  ['0004_fill', '-- rowhouse: phase backfill\n-- rowhouse: tag filled'],
  ['0005_contract', '-- rowhouse: phase contract'],
  ['0006_end', ''],
].map(([id = '', header = '']): Migration => {
  const up = parseSqlFile(`migrations/${id}.sql`, `${header}\nselect 1;`);
  return { id, number: Number.parseInt(id, 10), phase: up.header.phase, up, down: up };
});

function recorded(count: number): Recorded {
  const ledger = migrations.slice(0, count).map(({ id }) => id);
  return { ledger, files: new Map(), partial: new Map(), progress: [], backfills: [] };
}

const numbersOf = (selected: readonly Migration[]) => selected.map(({ number }) => number).join(' ');
const up = (count: number, selection: Selection) =>
  numbersOf(selectUp(compare(migrations, recorded(count)), selection));
const down = (count: number, selection: Selection) =>
  numbersOf(selectDown(compare(migrations, recorded(count)), selection));

describe('migrate', () => {
  test.for<[number, Selection, string]>([
    [0, {}, '1 2 3 4 5 6'],
    [6, {}, ''],
    [2, { to: '4' }, '3 4'],
    [2, { to: '0004' }, '3 4'],
    [2, { to: '0004_fill' }, '3 4'],
    [2, { to: '0004_fill.sql' }, '3 4'],
    [2, { to: '@filled' }, '3 4'],
    [2, { to: '1' }, ''],
    [2, { to: '0' }, ''],
    [2, { steps: 1 }, '3'],
    [2, { steps: 99 }, '3 4 5 6'],
    [0, { phase: 'expand' }, '1 2 3'],
    [0, { phase: 'backfill' }, '1 2 3 4'],
    [0, { phase: 'contract' }, '1 2 3 4 5 6'],
    [4, { phase: 'expand' }, ''],
    [0, { phase: 'backfill', to: '2' }, '1 2'],
    [0, { to: '5', steps: 2 }, '1 2'],
  ])('with %i applied and %j runs %j', ([count, selection, expected]) => {
    expect(up(count, selection)).toBe(expected);
  });
});

describe('rollback', () => {
  test.for<[number, Selection, string]>([
    [6, {}, '6'],
    [0, {}, ''],
    [6, { steps: 2 }, '6 5'],
    [6, { all: true }, '6 5 4 3 2 1'],
    [4, { to: '0' }, '4 3 2 1'],
    [4, { to: '2' }, '4 3'],
    [4, { to: '@plain' }, '4'],
    [4, { to: '6' }, ''],
    [6, { phase: 'contract' }, '6 5'],
    [6, { phase: 'backfill' }, '6 5 4 3'],
    [6, { phase: 'expand' }, '6 5 4 3 2 1'],
    [3, { phase: 'contract' }, '3'],
  ])('with %i applied and %j undoes %j', ([count, selection, expected]) => {
    expect(down(count, selection)).toBe(expected);
  });
});

test.for(['7', '@nowhere', 'nonsense', '', '-1'])('--to %j is refused, and says which tags there are', (to) => {
  const entries = compare(migrations, recorded(3));
  for (const select of [selectUp, selectDown]) {
    expect(() => select(entries, { to })).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'no-such-file',
        hint: expect.stringContaining('(@plain, @filled)') as string,
      }),
    );
  }
});
