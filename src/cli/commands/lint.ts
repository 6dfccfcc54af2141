import type { Command } from 'commander';
import { lintMigrationFiles } from '../../app/lint-migrations.ts';
import { lintProject } from '../../app/lint-project.ts';
import { RowhouseError } from '../../domain/errors.ts';
import { toolVersion } from '../../version.ts';
import { openDatabase, openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { printMigrationsReport, printReport, withReport, type ReportOptions } from '../render/report.ts';
import { openTerminal } from '../terminal.ts';

interface LintOptions extends DatabaseOptions, ReportOptions {
  readonly migrations?: boolean;
  readonly since?: string;
  readonly pending?: boolean;
  readonly color: boolean;
}

export function registerLint(program: Command): void {
  withReport(withDatabase(program.command('lint')))
    .description('what is wrong in the catalog: roles, grants, policies, keys, views, functions; reads no row')
    .option('--migrations', 'instead: what the files of migrations/ and rollbacks/ would do to a database in use')
    .option('--since <file>', 'with --migrations: judge what comes after this file, a number, a name or an @tag')
    .option('--pending', 'with --migrations: judge what the database has not run yet')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<LintOptions>();
      const terminal = openTerminal(options);
      const { failOn, since, pending, migrations } = options;
      if (migrations === true) {
        if (since !== undefined && pending === true) {
          throw new RowhouseError(
            'usage',
            'two-scopes',
            '--since and --pending both say which files have run: give one.',
          );
        }
        const connection = pending === true ? await openDatabase(options) : undefined;
        const request = { directory: options.project, toolVersion, failOn, since, connection };
        process.exitCode = printMigrationsReport(terminal, await lintMigrationFiles(request), options);
        return;
      }
      if (since !== undefined || pending === true) {
        throw new RowhouseError('usage', 'no-migrations', '--since and --pending stand beside --migrations.');
      }
      const report = await lintProject({ ...(await openTarget(options)), toolVersion, failOn });
      process.exitCode = printReport(terminal, report, options);
    });
}
