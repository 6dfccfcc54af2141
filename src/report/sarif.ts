import type { Finding, Severity } from '../domain/finding.ts';
import type { Judged } from '../domain/report.ts';
import type { RuleDocumentation } from '../domain/rule.ts';

const levels = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

/**
 * The findings as SARIF 2.1.0, for code scanning. What is of the database and of no file stands at `rowhouse.yaml`, since
 * code scanning shows nothing without a file. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 *
 * @param rules what is to be said of every rule; those that found something are described
 */
export function formatSarif(report: Judged, rules: readonly RuleDocumentation[]): string {
  const { tool, findings, waived, inconclusive } = report;
  const found = new Set([...findings, ...waived.map(({ finding }) => finding)].map(({ ruleId }) => ruleId));
  const run = {
    tool: {
      driver: { name: tool.name, version: tool.version, rules: rules.filter(({ id }) => found.has(id)).map(describe) },
    },
    invocations: [
      {
        executionSuccessful: inconclusive.length === 0,
        toolExecutionNotifications: inconclusive.map(({ ruleId, object, reason }) => ({
          level: 'warning',
          message: { text: `${object}: ${reason}` },
          associatedRule: { id: ruleId },
        })),
      },
    ],
    results: [
      ...findings.map((finding) => toResult(finding)),
      ...waived.map(({ finding, reason }) => ({
        ...toResult(finding),
        suppressions: [{ kind: 'external', justification: reason }],
      })),
    ],
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function describe({ id, severity, summary, help }: RuleDocumentation): object {
  return {
    id,
    shortDescription: { text: summary },
    fullDescription: { text: summary },
    help: { text: help },
    defaultConfiguration: { level: levels[severity] },
  };
}

function toResult({ ruleId, severity, object, location, message, fingerprint }: Finding): object {
  const { file, line } = location ?? { file: 'rowhouse.yaml', line: 1 };
  return {
    ruleId,
    level: levels[severity],
    message: { text: location === undefined ? `${object}: ${message}` : message },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: file, uriBaseId: 'SRCROOT' }, region: { startLine: line } },
        ...(location === undefined && { logicalLocations: [{ fullyQualifiedName: object }] }),
      },
    ],
    partialFingerprints: { 'rowhouse/v1': fingerprint },
  };
}
