import type { Command } from 'commander';
import { lintProject } from '../../app/lint-project.ts';
import { toolVersion } from '../../version.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { printReport, withReport, type ReportOptions } from '../render/report.ts';
import { openTerminal } from '../terminal.ts';

interface LintOptions extends DatabaseOptions, ReportOptions {
  readonly color: boolean;
}

export function registerLint(program: Command): void {
  withReport(withDatabase(program.command('lint')))
    .description('what is wrong in the catalog: roles, grants, policies, keys, views, functions; reads no row')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<LintOptions>();
      const terminal = openTerminal(options);
      const report = await lintProject({ ...(await openTarget(options)), toolVersion, failOn: options.failOn });
      process.exitCode = printReport(terminal, report, options);
    });
}
