import type { Command } from 'commander';
import { baseline } from '../../app/baseline.ts';
import { describeConnection } from '../../postgres/connect.ts';
import { runRequest, withRunOptions, type RunOptions } from '../options.ts';
import { summarize } from '../render/files.ts';
import { drawRun } from '../render/run-progress.ts';
import { openTerminal } from '../terminal.ts';

interface BaselineOptions extends RunOptions {
  readonly to: string;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerBaseline(program: Command): void {
  withRunOptions(program.command('baseline'))
    .description('record migrations as applied without running them, for a database that has them already')
    .requiredOption('--to <target>', 'the last one that the database has: a number, a name or an @tag')
    .option('--json', 'print what was recorded as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<BaselineOptions>();
      const terminal = openTerminal(options);
      const request = await runRequest(options, drawRun(terminal));
      if (!options.yes) {
        const where = describeConnection(request.connection);
        await terminal.confirm(
          `Record every pending migration of ${where} up to ${options.to} as applied, without running it?`,
        );
      }
      const files = await baseline(request, options.to);
      summarize(terminal, files, {
        json: options.json === true,
        key: 'recorded',
        nothing: 'Nothing is pending up to there.',
      });
    });
}
