import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { finding, type Finding } from '../../src/domain/finding.ts';
import type { Report } from '../../src/domain/report.ts';
import { formatJson } from '../../src/report/json.ts';
import { formatText } from '../../src/report/text.ts';
import { printable, wrap } from '../../src/report/wrap.ts';

const clean: Report = {
  schemaVersion: 1,
  tool: { name: 'rowhouse', version: '1.2.3' },
  server: { versionNum: 150018, version: '15.18', database: 'shop' },
  role: { app: 'app_user', truth: 'postgres', truthRowSecurityActive: false },
  outcome: 'clean',
  coverage: {
    relations: 18,
    tenants: 3,
    attackers: 0,
    checks: 312,
    inconclusive: 0,
    unreachable: [],
  },
  findings: [],
  inconclusive: [],
  waived: [],
  idleWaivers: [],
  durationMs: 42,
};

const leak = finding({
  ruleId: 'foreign-row-visible',
  severity: 'error',
  object: 'public.tools',
  message: 'tenant a sees 3 rows of tenant b: slug hammer',
  help: 'Enable row-level security.',
  fix: 'alter table "public"."tools" enable row level security;\nalter table "public"."tools" force row level security;',
  evidence: {
    subjects: [
      {
        subject: 'a',
        rows: [
          { row: { slug: 'hammer' }, owner: 'b' },
          { row: { slug: null }, owner: null },
        ],
      },
    ],
  },
});
const warning = finding({
  ...leak,
  ruleId: 'policy-fails-open',
  severity: 'warning',
  message: 'a session sees 1 shared row',
  evidence: {},
});

const leaks: Report = {
  ...clean,
  outcome: 'leaks',
  findings: [warning, leak],
  waived: [{ finding: warning, reason: 'known' }],
  idleWaivers: [
    { ruleId: 'tenant-null', object: 'public.x', reason: 'old', endedOn: '2030-01-31', isFound: true },
    { ruleId: 'tenant-null', object: 'public.y', reason: 'old', endedOn: '2030-01-31', isFound: false },
    { ruleId: 'tenant-null', object: 'public.z', reason: 'old', endedOn: null, isFound: false },
  ],
  inconclusive: [
    { ruleId: 'relation-not-in-model', object: 'public.x', reason: 'The model does not name it.' },
    { ruleId: 'relation-not-in-model', object: 'public.y', reason: 'The model does not name it.' },
  ],
};

const plain = { color: false, width: 80 };

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1);
}

test('says that nothing was proved, and why', () => {
  const coverage = { ...clean.coverage, unproved: 'the solver ran out of memory' };
  expect(formatText({ ...clean, coverage }, { color: false, width: 100 })).toContain(
    'proofs     none, the probes alone decide: the solver ran out of memory',
  );
  expect(formatText(clean, { color: false, width: 100 })).not.toContain('proofs');
});

describe('text', () => {
  test('a clean report says what was looked at and ends with the verdict', () => {
    expect(formatText(clean, plain)).toBe(
      [
        'server     PostgreSQL 15.18, database shop',
        'role       app_user, against the truth of postgres',
        'coverage   3 tenants × 18 relations, 312 checks',
        '',
        'clean: 3 tenants × 18 relations, 312 checks, nothing foreign seen',
        '',
      ].join('\n'),
    );
  });

  test('findings come worst first, with rows, help and a fix that can be copied', () => {
    const text = formatText(leaks, plain);
    expect(text.indexOf('error public.tools foreign-row-visible')).toBeGreaterThan(0);
    expect(text.indexOf('error public.tools')).toBeLessThan(text.indexOf('warning public.tools'));
    expect(text).toContain('    a: slug hammer of b\n    a: slug NULL\n');
    expect(text).toContain(
      '  alter table "public"."tools" enable row level security;\n  alter table "public"."tools" force',
    );
    expect(text).toContain('inconclusive public.x, public.y relation-not-in-model\n  The model does not name it.');
    expect(text).toContain(
      [
        'waived public.tools policy-fails-open: known',
        'no longer waived public.x tenant-null: the waiver ended on 2030-01-31',
        'waiver of public.y tenant-null is of no use: it ended on 2030-01-31',
        'waiver of public.z tenant-null is of no use: nothing of it is found',
      ].join('\n'),
    );
    expect(lastLine(text)).toBe('LEAKS: 1 error, 1 warning on 1 object (3 tenants × 18 relations, 312 checks)');
  });

  test('remarks take a line a rule, whatever the number of objects', () => {
    const remarks = Array.from({ length: 10 }, (_, n): Finding => ({
      ...warning,
      ruleId: 'policy-slow',
      severity: 'info',
      object: `public.t${n}`,
      message: 'no index on it',
    }));
    const text = formatText({ ...clean, findings: remarks }, plain);
    expect(text).toContain('info remarks that fail nothing');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'policy-slow public.t0, public.t1, public.t2, public.t3, public.t4, public.t5, public.t6, public.t7 and 2 more: no index on it',
    );
    expect(text).not.toContain(warning.help);
  });

  test('the other verdicts', () => {
    const inconclusive: Report = { ...leaks, findings: [], outcome: 'inconclusive' };
    expect(lastLine(formatText(inconclusive, plain))).toMatch(/^INCONCLUSIVE: 2 checks not reached/);
    const below: Report = { ...clean, findings: [warning] };
    expect(lastLine(formatText(below, plain))).toMatch(/nothing foreign seen; 1 warning below the threshold$/);
  });

  test('what is closed by privileges alone, and a truth role that is bound, are said', () => {
    const text = formatText(
      {
        ...clean,
        coverage: { ...clean.coverage, unreachable: ['public.secrets'] },
        role: { ...clean.role, truthRowSecurityActive: true },
      },
      { color: false, width: 120 },
    );
    expect(text).toContain('no access  public.secrets: closed by privileges');
    expect(text).toContain('the truth of postgres, which row-level security binds');
  });

  test('color changes nothing but color, and lines fit the terminal', () => {
    const colored = formatText(leaks, { color: true, width: 60 });
    expect(colored).not.toBe(stripVTControlCharacters(colored));
    expect(stripVTControlCharacters(colored)).toBe(formatText(leaks, { color: false, width: 60 }));
    const long = { ...clean, findings: [{ ...leak, message: 'word '.repeat(60).trim() }] };
    const message = formatText(long, { color: false, width: 50 })
      .split('\n')
      .filter((line) => line.includes('word'));
    expect(message.length).toBeGreaterThan(5);
    expect(message.every((line) => line.length <= 50)).toBe(true);
  });

  test('names from the database cannot write to the terminal', () => {
    const evil: Report = {
      ...leaks,
      findings: [{ ...leak, object: 'public.a\u001b[2Jb\nclean', message: 'x\u202ey' }],
    };
    const text = formatText(evil, plain);
    expect(text).toContain('public.a\\u001b[2Jb\\u000aclean');
    expect(text).toContain('x\\u202ey');
  });
});

describe('json', () => {
  test('holds the contract, in a stable order', () => {
    const shuffled = Object.fromEntries(Object.entries(leaks).reverse()) as unknown as Report;
    expect(formatJson(shuffled)).toBe(formatJson(leaks));
    expect(JSON.parse(formatJson(leaks))).toEqual(leaks);
    expect(Object.keys(JSON.parse(formatJson(clean)) as object)).toEqual([
      'schemaVersion',
      'tool',
      'server',
      'role',
      'outcome',
      'coverage',
      'findings',
      'inconclusive',
      'waived',
      'idleWaivers',
      'durationMs',
    ]);
  });
});

describe('wrap', () => {
  test('breaks at spaces and keeps long words', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('a loooooong b', 4)).toEqual(['a', 'loooooong', 'b']);
    expect(printable('naïve 🏠')).toBe('naïve 🏠');
  });
});
