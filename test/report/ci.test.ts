import { expect, test } from 'vitest';
import { finding } from '../../src/domain/finding.ts';
import type { Judged } from '../../src/domain/report.ts';
import { formatGithub } from '../../src/report/github.ts';
import { formatSarif } from '../../src/report/sarif.ts';

const common = { severity: 'warning', message: 'it is 100% open,\nas a: b', help: 'Close it.', evidence: {} } as const;
const inFile = finding({
  ...common,
  ruleId: 'bulk-write',
  object: 'migrations/0001_a,b.sql',
  location: { file: 'migrations/0001_a,b.sql', line: 7 },
});
const inCatalog = finding({ ...common, ruleId: 'view-definer', severity: 'info', object: 'public.v' });
const report: Judged = {
  schemaVersion: 1,
  tool: { name: 'rowhouse', version: '1.2.3' },
  outcome: 'leaks',
  findings: [inFile, inCatalog],
  inconclusive: [{ ruleId: 'view-definer', object: 'public.w', reason: 'It is locked.' }],
  waived: [{ finding: { ...inFile, severity: 'error' }, reason: 'It is empty.' }],
  idleWaivers: [],
  durationMs: 1,
};

test('annotations of GitHub Actions: one line each, whatever the message holds', () => {
  expect(formatGithub(report).split('\n')).toEqual([
    '::warning file=migrations/0001_a%2Cb.sql,line=7,title=bulk-write::it is 100%25 open,%0Aas a: b%0AClose it.',
    '::notice title=view-definer::public.v: it is 100%25 open,%0Aas a: b%0AClose it.',
    '::warning title=view-definer%3A inconclusive::public.w: It is locked.',
    '',
  ]);
  expect(formatGithub({ ...report, findings: [], inconclusive: [] })).toBe('');
});

test('SARIF: places in files, objects of the database, what is waived, and only the rules that found something', () => {
  const rule = {
    severity: 'warning',
    summary: 'S.',
    help: 'H.',
    layers: ['lint'],
    writes: false,
    examples: [],
  } as const;
  const rules = ['bulk-write', 'policy-slow', 'view-definer'].map((id) => ({ ...rule, id }));

  const log = JSON.parse(formatSarif(report, rules)) as { runs: [{ tool: { driver: { rules: { id: string }[] } } }] };

  expect(log.runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(['bulk-write', 'view-definer']);
  const place = (uri: string, startLine: number): object => ({
    physicalLocation: { artifactLocation: { uri }, region: { startLine } },
  });
  expect(log).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        invocations: [
          { executionSuccessful: false, toolExecutionNotifications: [{ associatedRule: { id: 'view-definer' } }] },
        ],
        results: [
          {
            ruleId: 'bulk-write',
            level: 'warning',
            locations: [place('migrations/0001_a,b.sql', 7)],
            partialFingerprints: { 'rowhouse/v1': inFile.fingerprint },
          },
          {
            ruleId: 'view-definer',
            level: 'note',
            message: { text: expect.stringMatching(/^public\.v: /) as string },
            locations: [{ ...place('rowhouse.yaml', 1), logicalLocations: [{ fullyQualifiedName: 'public.v' }] }],
          },
          { level: 'error', suppressions: [{ kind: 'external', justification: 'It is empty.' }] },
        ],
      },
    ],
  });
});
