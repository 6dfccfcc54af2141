import { Option, type Command } from 'commander';
import { proveChangeOfProject } from '../../app/prove-change.ts';
import { proveProject } from '../../app/prove-project.ts';
import { toolVersion } from '../../version.ts';
import { duration } from '../arguments.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { printReport, withReport, type ReportOptions } from '../render/report.ts';
import { drawVerification } from '../render/verify-progress.ts';
import { openTerminal } from '../terminal.ts';

interface ProveOptions extends DatabaseOptions, ReportOptions {
  readonly against?: string;
  readonly reverse?: boolean;
  readonly writes?: boolean;
  readonly timeLimit: number;
  readonly color: boolean;
}

export function registerProve(program: Command): void {
  withReport(withDatabase(program.command('prove')))
    .description('decide by logic, for every tenant and every row, what the policies let pass; reads no row')
    .option(
      '--against <database or folder>',
      'what a change does: from the database of this URL, or to the policies of this folder',
    )
    .option('--reverse', 'with --against: the change the other way round')
    .addOption(
      new Option('--writes', 'try each counterexample on the server, rolled back: for scratch databases').conflicts([
        'against',
        'reverse',
      ]),
    )
    .option('--time-limit <duration>', 'when to end: what is left then is unknown', duration, 5 * 60_000)
    .option('--allow-inconclusive', 'exit with 0 where nothing was refuted and something is unknown')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<ProveOptions>();
      const terminal = openTerminal(options);
      const progress = drawVerification(terminal);
      let report;
      try {
        const request = {
          ...(await openTarget(options)),
          toolVersion,
          failOn: options.failOn,
          timeLimitMs: options.timeLimit,
          onProgress: progress.onProgress,
        };
        const { against, reverse = false, writes = false } = options;
        report =
          against === undefined
            ? await proveProject({ ...request, writes })
            : await proveChangeOfProject({ ...request, against, reverse });
      } finally {
        progress.close();
      }
      process.exitCode = printReport(terminal, report, options);
    });
}
