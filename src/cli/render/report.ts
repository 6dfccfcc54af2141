import { Option, type Command } from 'commander';
import { documentedRules } from '../../app/rules.ts';
import { atLeast, severities, type Severity } from '../../domain/finding.ts';
import type { Judged, MigrationsReport, Report } from '../../domain/report.ts';
import { formatGithub } from '../../report/github.ts';
import { formatJson } from '../../report/json.ts';
import { formatMigrationsText } from '../../report/migrations-text.ts';
import { formatSarif } from '../../report/sarif.ts';
import { formatText } from '../../report/text.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

const formats = ['text', 'json', 'sarif', 'github'] as const;

/** Options of every command that prints a report. */
export interface ReportOptions {
  readonly failOn: Severity;
  readonly format: (typeof formats)[number];
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
    .addOption(
      new Option('--format <format>', 'how to print the report: for people, machines, code scanning, GitHub Actions')
        .choices(formats)
        .default('text'),
    )
    .option('--json', 'the same as --format json');
}

/** Prints a report on stdout. @returns the exit code: findings at or above the threshold come before what could not be checked (contract) */
export function printReport(terminal: Terminal, report: Report, options: ReportOptions): number {
  return print(terminal, report, options, formatText, formatJson);
}

/** Prints a report on files, likewise. */
export function printMigrationsReport(terminal: Terminal, report: MigrationsReport, options: ReportOptions): number {
  return print(terminal, report, options, formatMigrationsText, formatJson);
}

function print<Kind extends Judged>(
  terminal: Terminal,
  report: Kind,
  options: ReportOptions,
  asText: (report: Kind, page: { readonly color: boolean; readonly width: number }) => string,
  asJson: (report: Kind) => string,
): number {
  const printers = {
    text: () => asText(report, { color: terminal.out.level > 0, width: terminal.width }),
    json: () => asJson(report),
    sarif: () => formatSarif(report, documentedRules()),
    github: () => formatGithub(report),
  };
  terminal.write(printers[options.json === true ? 'json' : options.format]());
  if (report.findings.some((finding) => atLeast(finding.severity, options.failOn))) return exitCode.findings;
  return report.inconclusive.length > 0 && !options.allowInconclusive ? exitCode.inconclusive : exitCode.success;
}
