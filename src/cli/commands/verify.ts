import { InvalidArgumentError, Option, type Command } from 'commander';
import { verifyProject } from '../../app/verify-project.ts';
import { atLeast, severities, type Severity } from '../../domain/finding.ts';
import type { Report } from '../../domain/report.ts';
import { formatJson } from '../../report/json.ts';
import { formatText } from '../../report/text.ts';
import { toolVersion } from '../../version.ts';
import { exitCode } from '../exit-codes.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { drawStatus } from '../render/status-line.ts';
import { openTerminal } from '../terminal.ts';

interface VerifyOptions extends DatabaseOptions {
  readonly writes?: boolean;
  readonly tenants: 'all' | number | readonly string[];
  readonly relations?: readonly string[];
  readonly failOn: Severity;
  readonly format: 'text' | 'json';
  readonly json?: boolean;
  readonly allowInconclusive?: boolean;
  readonly color: boolean;
}

export function registerVerify(program: Command): void {
  withDatabase(program.command('verify'))
    .description('as the application, for every tenant: is a foreign row visible, an own one hidden?')
    .option('--writes', 'try writes too, each rolled back: for scratch databases, since it locks what it tries')
    .option('--tenants <which>', 'all, so many, or ids separated by commas', tenants, 'all')
    .option('--relations <names>', 'only these, as schema.name, separated by commas', list)
    .addOption(
      new Option('--fail-on <severity>', 'findings that are at least as bad fail')
        .choices(severities)
        .default('warning'),
    )
    .addOption(new Option('--format <format>', 'how to print the report').choices(['text', 'json']).default('text'))
    .option('--json', 'the same as --format json')
    .option('--allow-inconclusive', 'exit with 0 where nothing was found and something could not be checked')
    .action(async (_: unknown, command: Command) => {
      await runVerify(command.optsWithGlobals<VerifyOptions>());
    });
}

async function runVerify(options: VerifyOptions): Promise<void> {
  const terminal = openTerminal(options);
  const status = drawStatus(terminal);
  let report: Report;
  try {
    report = await verifyProject({
      ...(await openTarget(options)),
      toolVersion,
      writes: options.writes === true,
      failOn: options.failOn,
      tenants: options.tenants,
      relations: options.relations,
      onProgress: ({ step }) => {
        status.show(step);
      },
    });
  } finally {
    status.clear();
  }
  const json = options.json === true || options.format === 'json';
  terminal.write(
    json ? formatJson(report) : formatText(report, { color: terminal.out.level > 0, width: terminal.width }),
  );
  process.exitCode = exitCodeFor(report, options);
}

/** Findings at or above the threshold come before what could not be checked (contract). */
function exitCodeFor(report: Report, { failOn, allowInconclusive }: VerifyOptions): number {
  if (report.findings.some((finding) => atLeast(finding.severity, failOn))) return exitCode.findings;
  return report.inconclusive.length > 0 && !allowInconclusive ? exitCode.inconclusive : exitCode.success;
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function tenants(text: string): VerifyOptions['tenants'] {
  if (text === 'all') return 'all';
  if (/^\d{1,9}$/.test(text)) {
    if (Number(text) === 0) throw new InvalidArgumentError('At least one tenant.');
    return Number(text);
  }
  return list(text);
}
