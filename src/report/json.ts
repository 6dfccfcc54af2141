import type { MigrationsReport, Report } from '../domain/report.ts';

/** The JSON report (contract), with its keys in a stable order and a newline at the end. One of files has no server and no role. */
export function formatJson(report: Report | MigrationsReport): string {
  const { schemaVersion, tool, outcome, coverage, findings, inconclusive, waived, idleWaivers, durationMs } = report;
  const ordered = {
    schemaVersion,
    tool,
    ...('server' in report && { server: report.server, role: report.role }),
    outcome,
    coverage,
    findings: findings.map(orderFinding),
    inconclusive: inconclusive.map(({ ruleId, object, reason }) => ({ ruleId, object, reason })),
    waived: waived.map(({ finding, reason }) => ({ finding: orderFinding(finding), reason })),
    idleWaivers: idleWaivers.map(({ ruleId, object, reason, endedOn, isFound }) => ({
      ruleId,
      object,
      reason,
      endedOn,
      isFound,
    })),
    durationMs,
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function orderFinding(finding: Report['findings'][number]): Record<string, unknown> {
  const { ruleId, severity, object, location, message, help, fix, fingerprint, evidence } = finding;
  return {
    ruleId,
    severity,
    object,
    ...(location !== undefined && { location: { file: location.file, line: location.line } }),
    message,
    help,
    ...(fix !== undefined && { fix }),
    fingerprint,
    evidence,
  };
}
