import { describe, expect, test } from 'vitest';
import { applyWaivers, type LookedFor } from '../../src/app/waivers.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Waiver } from '../../src/model/model.ts';

const made = (object: string): Finding =>
  finding({ ruleId: 'tenant-null', severity: 'error', object, message: 'm', help: 'h', evidence: {} });
const waiver = (fields: Partial<Waiver> = {}): Waiver => ({
  rule: 'tenant-null',
  object: 'public.a',
  reason: 'old rows',
  until: null,
  ...fields,
});
const everything: LookedFor = { layers: ['lint', 'probe'], writes: true, inPart: false, undecided: new Set() };
const now = new Date('2030-01-31T12:00:00Z');

test('a waiver holds for one rule on one object', () => {
  const found = [made('public.a'), made('public.b')];
  const { findings, waived, idleWaivers } = applyWaivers(found, [waiver()], everything, now);
  expect(findings.map(({ object }) => object)).toEqual(['public.b']);
  expect(waived).toMatchObject([{ reason: 'old rows', finding: { object: 'public.a' } }]);
  expect(idleWaivers).toEqual([]);
});

test('one that has ended is told, with what it waived or without', () => {
  const ended = waiver({ until: '2030-01-30' });
  const again = applyWaivers([made('public.a')], [ended], everything, now);
  expect(again.findings).toHaveLength(1);
  expect(again.idleWaivers).toMatchObject([{ ruleId: 'tenant-null', endedOn: '2030-01-30', isFound: true }]);
  expect(applyWaivers([], [ended], everything, now).idleWaivers).toMatchObject([{ isFound: false }]);
  // Beside one that goes on, nothing is found again.
  const both = applyWaivers([made('public.a')], [ended, waiver()], everything, now);
  expect(both.findings).toEqual([]);
  expect(both.idleWaivers).toMatchObject([{ endedOn: '2030-01-30', isFound: false }]);
});

describe('one that matches nothing is told where that was looked for', () => {
  test.each<[string, number, Partial<Waiver>, Partial<LookedFor>]>([
    ['everything', 1, {}, {}],
    ['reads alone, for what reads find', 1, {}, { writes: false }],
    ['reads alone, for what writes find too', 0, { rule: 'policy-fails-open' }, { writes: false }],
    ['reads alone, for what writes find', 0, { rule: 'foreign-row-writable' }, { writes: false }],
    ['the catalog alone, for what rows show', 0, {}, { layers: ['lint'] }],
    ['the catalog alone, for what it shows', 1, { rule: 'rls-disabled' }, { layers: ['lint'] }],
    ['rows alone, for what the catalog shows', 0, { rule: 'rls-disabled' }, { layers: ['probe'] }],
    ['some relations or tenants', 0, {}, { inPart: true }],
    ['what came to no answer', 0, {}, { undecided: new Set(['public.a']) }],
  ])('%s', (_, expected, fields, scope) => {
    expect(applyWaivers([], [waiver(fields)], { ...everything, ...scope }, now).idleWaivers).toHaveLength(expected);
  });
});
