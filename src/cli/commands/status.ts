import Table from 'cli-table3';
import type { Command } from 'commander';
import { status, type Status } from '../../app/status.ts';
import type { EntryState } from '../../migrate/state.ts';
import { describeHolder } from '../../postgres/advisory-lock.ts';
import { exitCode } from '../exit-codes.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { plainTable } from '../render/table.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

interface StatusOptions extends DatabaseOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerStatus(program: Command): void {
  withDatabase(program.command('status'))
    .description('where every migration stands in this database')
    .option('--check', 'exit with 7 when something is pending; drift exits with 4 in any case')
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>();
      const terminal = openTerminal(options);
      const found = await status(await openTarget(options));
      terminal.write(options.json ? JSON.stringify(found, null, 2) : render(found, terminal));
      if (found.drift) process.exitCode = exitCode.drift;
      else if (options.check && found.pending > 0) process.exitCode = exitCode.pending;
    });
}

function render(found: Status, { out: chalk }: Terminal): string {
  const colors: Readonly<Record<EntryState, (text: string) => string>> = {
    applied: chalk.green,
    pending: chalk.yellow,
    partial: chalk.yellow,
    edited: chalk.red,
    deleted: chalk.red,
    inserted: chalk.red,
  };
  const table = new Table({
    ...plainTable,
    head: ['migration', 'phase', 'state', 'applied at', 'tag'].map((text) => chalk.bold(text)),
  });
  for (const { id, phase, state, appliedAt, tag } of found.entries) {
    table.push([id, phase ?? '', colors[state](state), appliedAt ?? '', tag === null ? '' : `@${tag}`]);
  }
  const total = found.entries.length;
  const applied = found.entries.filter(({ appliedAt }) => appliedAt !== null).length;
  const summary =
    total === 0 ? 'The project has no migrations.' : `${applied} of ${total} applied, ${found.pending} pending.`;
  const running = found.running ? `\n${chalk.yellow(`A run is under way: ${describeHolder(found.running)}`)}` : '';
  const drift = found.drift ? `\n${chalk.red('Files and database disagree: see edited, deleted and inserted.')}` : '';
  return `${total === 0 ? '' : `${table.toString()}\n\n`}${summary}${drift}${running}`;
}
