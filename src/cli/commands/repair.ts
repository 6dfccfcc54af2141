import type { Command } from 'commander';
import { findEdited, repair } from '../../app/repair.ts';
import { runRequest, withRunOptions, type RunOptions } from '../options.ts';
import { drawRun } from '../render/run-progress.ts';
import { openTerminal } from '../terminal.ts';

interface RepairOptions extends RunOptions {
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerRepair(program: Command): void {
  withRunOptions(program.command('repair'))
    .description(
      'accept the present text of files that were edited after they were applied or begun, after showing the difference',
    )
    .option('--json', 'print what was accepted as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<RepairOptions>();
      const terminal = openTerminal(options);
      const request = await runRequest(options, drawRun(terminal));
      const edited = await findEdited(request);
      for (const { difference } of edited) terminal.log(difference);
      if (edited.length > 0 && !options.yes) {
        await terminal.confirm('Accept the files as they are now? The database is not changed.');
      }
      const accepted =
        edited.length === 0
          ? []
          : await repair(
              request,
              edited.map((file) => file.path),
            );
      if (options.json) terminal.write(JSON.stringify({ accepted }, null, 2));
      else
        terminal.write(
          accepted.length === 0
            ? 'No file was edited after it was applied or begun.'
            : `Accepted: ${accepted.join(', ')}.`,
        );
    });
}
