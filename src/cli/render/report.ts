import { Option, type Command } from 'commander';
import { atLeast, severities, type Severity } from '../../domain/finding.ts';
import type { Report } from '../../domain/report.ts';
import { formatJson } from '../../report/json.ts';
import { formatText } from '../../report/text.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** Options of every command that prints a report. */
export interface ReportOptions {
  readonly failOn: Severity;
  readonly format: 'text' | 'json';
  readonly json?: boolean;
  readonly allowInconclusive?: boolean;
}

export function withReport(command: Command): Command {
  return command
    .addOption(
      new Option('--fail-on <severity>', 'findings that are at least as bad fail')
        .choices(severities)
        .default('warning'),
    )
    .addOption(new Option('--format <format>', 'how to print the report').choices(['text', 'json']).default('text'))
    .option('--json', 'the same as --format json');
}

/** Prints a report on stdout. @returns the exit code: findings at or above the threshold come before what could not be checked (contract) */
export function printReport(terminal: Terminal, report: Report, options: ReportOptions): number {
  const json = options.json === true || options.format === 'json';
  terminal.write(
    json ? formatJson(report) : formatText(report, { color: terminal.out.level > 0, width: terminal.width }),
  );
  if (report.findings.some((finding) => atLeast(finding.severity, options.failOn))) return exitCode.findings;
  return report.inconclusive.length > 0 && !options.allowInconclusive ? exitCode.inconclusive : exitCode.success;
}
