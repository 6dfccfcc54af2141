import { createHmac, randomBytes } from 'node:crypto';
import { redact } from '../domain/redact.ts';
import type { Report } from '../domain/report.ts';
import { explain } from './rules.ts';

/** A report without values. The salt is of this run and printed nowhere, so that short keys cannot be guessed and reports not be joined. */
export function redactReport(report: Report): Report {
  const salt = randomBytes(32);
  return redact(report, {
    hash: (value) => `#${createHmac('sha256', salt).update(value).digest('hex').slice(0, 12)}`,
    summaryOf: (ruleId) => explain(ruleId).summary,
  });
}
