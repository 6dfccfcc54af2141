import Table from 'cli-table3';
import type { Command } from 'commander';
import { history } from '../../app/status.ts';
import { formatDuration } from '../../domain/duration.ts';
import { positiveInteger } from '../arguments.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { plainTable } from '../render/table.ts';
import { openTerminal } from '../terminal.ts';

interface HistoryOptions extends DatabaseOptions {
  readonly limit?: number;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerHistory(program: Command): void {
  withDatabase(program.command('history'))
    .description('what was done to this database, by whom and how long it took')
    .option('--limit <n>', 'only the last so many', positiveInteger)
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<HistoryOptions>();
      const terminal = openTerminal(options);
      const { out: chalk } = terminal;
      const rows = await history(await openTarget(options), options.limit ?? null);
      if (options.json) {
        terminal.write(JSON.stringify(rows, null, 2));
        return;
      }
      if (rows.length === 0) {
        terminal.write('Nothing was done to this database yet.');
        return;
      }
      const head = ['finished at', 'direction', 'file', 'outcome', 'took', 'by', 'from'];
      const table = new Table({ ...plainTable, head: head.map((text) => chalk.bold(text)) });
      for (const row of rows) {
        const outcome = row.outcome === 'done' ? chalk.green(row.outcome) : chalk.red(row.outcome);
        table.push([
          row.finishedAt,
          row.direction,
          row.name,
          outcome,
          formatDuration(row.durationMs),
          row.performedBy,
          row.client,
        ]);
        if (row.error !== null) table.push(['', '', { colSpan: 5, content: chalk.red(row.error) }]);
      }
      terminal.write(table.toString());
    });
}
