import { expect, test } from 'vitest';
import { finding } from '../../src/domain/finding.ts';
import { redact } from '../../src/domain/redact.ts';
import type { Report } from '../../src/domain/report.ts';

const made = (fix: string) =>
  finding({
    ruleId: 'foreign-row-visible',
    severity: 'error',
    object: 'public.notes',
    message: 'tenant acme sees 1 row of tenant beta: role secret',
    help: 'Enable it.',
    fix,
    evidence: {
      role: 'app_user',
      count: 1,
      subjects: [{ subject: 'acme', visible: 2, rows: [{ row: { role: 'secret', id: null }, owner: 'beta' }] }],
      words: ['secret'],
    },
  });

const report: Report = {
  schemaVersion: 1,
  tool: { name: 'rowhouse', version: '1.2.3' },
  server: { versionNum: 150018, version: '15.18', database: 'shop' },
  role: { app: 'app_user', truth: 'postgres', truthRowSecurityActive: false },
  outcome: 'leaks',
  coverage: { relations: 1, tenants: 2, attackers: 0, checks: 3, inconclusive: 1, unreachable: [] },
  findings: [
    made('alter table "public"."notes" enable row level security;'),
    made("delete from x where id = 'secret'"),
  ],
  inconclusive: [
    {
      ruleId: 'foreign-row-visible',
      object: 'public.notes',
      reason: 'What tenant acme sees: no secret (SQLSTATE P0001).',
    },
  ],
  waived: [{ finding: made(''), reason: 'known' }],
  idleWaivers: [],
  durationMs: 42,
};

test('no value escapes, and what is no value stays', () => {
  const redacted = redact(report, { hash: (value) => `#${value.length}`, summaryOf: (id) => `About ${id}.` });
  expect(JSON.stringify(redacted)).not.toMatch(/acme|beta|secret/);
  const [first, second] = redacted.findings;
  expect(first).toMatchObject({
    fingerprint: report.findings[0]?.fingerprint,
    message: 'About foreign-row-visible.',
    fix: 'alter table "public"."notes" enable row level security;',
    evidence: {
      role: 'app_user',
      count: 1,
      subjects: [{ subject: '#4', visible: 2, rows: [{ row: { role: '#6', id: null }, owner: '#4' }] }],
    },
  });
  expect(second).not.toHaveProperty('fix');
  expect(redacted.inconclusive[0]?.reason).toMatch(/^Redacted, #\d+ \(SQLSTATE P0001\)\.$/);
});
