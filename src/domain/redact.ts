import type { Finding, Inconclusive } from './finding.ts';
import type { Report } from './report.ts';

export interface Redaction {
  /** A short hash of a value, the same for the same value in this report. */
  readonly hash: (value: string) => string;
  /** What is wrong where a rule reports, which holds no value. */
  readonly summaryOf: (ruleId: string) => string;
}

/** Strings of evidence under these keys are roles and words of ours. Any other may be a value, whoever put it there. */
const plainKeys: ReadonlySet<string> = new Set(['role', 'kind']);

/**
 * A report that names relations, columns and roles, and no value: nothing that was written for people is trusted to hold none.
 * The message of a finding is its rule's summary, a reason only its SQLSTATE, a fix is left out where it holds a literal,
 * and every string of the evidence is a hash. Numbers stay.
 */
export function redact(report: Report, redaction: Redaction): Report {
  const finding = (found: Finding): Finding => redactFinding(found, redaction);
  return {
    ...report,
    findings: report.findings.map(finding),
    inconclusive: report.inconclusive.map((entry) => redactReason(entry, redaction)),
    waived: report.waived.map((waived) => ({ ...waived, finding: finding(waived.finding) })),
    coverage: {
      ...report.coverage,
      ...(report.coverage.notCalled && {
        notCalled: report.coverage.notCalled.map((entry) => ({ ...entry, reason: 'redacted' })),
      }),
    },
  };
}

function redactFinding({ fix, ...finding }: Finding, redaction: Redaction): Finding {
  return {
    ...finding,
    message: redaction.summaryOf(finding.ruleId),
    ...(fix !== undefined && !fix.includes("'") && { fix }),
    evidence: redactValue(finding.evidence, redaction.hash) as Finding['evidence'],
  };
}

/** Reasons that differ stay apart by their hash. */
function redactReason(entry: Inconclusive, { hash }: Redaction): Inconclusive {
  const state = /\(SQLSTATE ([0-9A-Z]{5})\)/.exec(entry.reason)?.[1];
  return { ...entry, reason: `Redacted, ${hash(entry.reason)}${state === undefined ? '' : ` (SQLSTATE ${state})`}.` };
}

function redactValue(value: unknown, hash: Redaction['hash'], key = ''): unknown {
  if (typeof value === 'string') return plainKeys.has(key) ? value : hash(value);
  if (Array.isArray(value)) return value.map((member) => redactValue(member, hash, key));
  if (typeof value !== 'object' || value === null) return value;
  // The columns of a row may be called anything.
  const inRow = key === 'row';
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, redactValue(member, hash, inRow ? '' : name)]),
  );
}
