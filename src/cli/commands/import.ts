import type { Command } from 'commander';
import { importRows } from '../../app/import-rows.ts';
import { runRequest, withRunOptions, type RunOptions } from '../options.ts';
import { drawRun } from '../render/run-progress.ts';
import { openTerminal } from '../terminal.ts';

interface ImportOptions extends RunOptions {
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerImport(program: Command): void {
  withRunOptions(program.command('import <dir>'))
    .description('bring back the rows that `rollback --tenant-rows export` wrote')
    .option('--json', 'print what was done as JSON')
    .action(async (folder: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImportOptions>();
      const terminal = openTerminal(options);
      const tables = await importRows(await runRequest(options, drawRun(terminal)), folder);
      if (options.json) {
        terminal.write(JSON.stringify({ imported: tables }, null, 2));
        return;
      }
      for (const { table, inserted, skipped } of tables) {
        terminal.write(`${table}: ${inserted} rows inserted${skipped > 0 ? `, ${skipped} were there already` : ''}`);
      }
    });
}
