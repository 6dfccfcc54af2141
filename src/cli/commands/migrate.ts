import type { Command } from 'commander';
import { lockReport } from '../../app/lock-report.ts';
import { migrate, planMigrate } from '../../app/migrate.ts';
import type { Migration } from '../../migrate/project.ts';
import { describeMigrations, printFiles, summarize } from '../render/files.ts';
import { describeConnection } from '../../postgres/connect.ts';
import { drawRun } from '../render/run-progress.ts';
import { positiveInteger } from '../arguments.ts';
import { withBackfillOptions } from '../backfill-options.ts';
import {
  openTarget,
  phaseOption,
  runRequest,
  withRunOptions,
  type RunOptions,
  type SelectionOptions,
} from '../options.ts';
import { openTerminal } from '../terminal.ts';

interface MigrateOptions extends RunOptions, SelectionOptions {
  readonly dryRun?: boolean;
  readonly lockReport?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerMigrate(program: Command): void {
  withBackfillOptions(withRunOptions(program.command('migrate')))
    .description('apply the pending migrations, in order')
    .option('--to <target>', 'stop after this one: a number, a name or an @tag')
    .option('--steps <n>', 'apply at most so many', positiveInteger)
    .addOption(phaseOption('stop at the end of this phase, to deploy before the next'))
    .option('--dry-run', 'print what would run; connects read-only and writes nothing')
    .option(
      '--lock-report',
      'apply them to a copy of the database, which is dropped, and print each lock and how long it was held',
    )
    .option('--json', 'print what was applied as JSON')
    .action(async (_: unknown, command: Command) => {
      await runMigrate(command.optsWithGlobals<MigrateOptions>());
    });
}

async function runMigrate(options: MigrateOptions): Promise<void> {
  const terminal = openTerminal(options);
  if (options.dryRun) {
    const pending = await planMigrate(await openTarget(options), options);
    printFiles(
      terminal,
      pending.map((migration) => migration.up),
      options.json === true,
    );
    return;
  }
  const progress = drawRun(terminal);
  const request = await runRequest(options, progress);
  if (options.lockReport) {
    const locks = await lockReport(request, options, (text) => {
      terminal.log(text);
    }).finally(progress.close);
    const { renderLocks } = await import('../render/locks.ts');
    terminal.write(options.json ? JSON.stringify({ locks }, null, 2) : renderLocks(locks, terminal));
    return;
  }
  if (terminal.interactive && !options.yes && !options.json) {
    const pending = await planMigrate(request, options);
    if (pending.length > 0) {
      terminal.log(describeMigrations(pending, terminal.err));
      const where = describeConnection(request.connection);
      await terminal.confirm(`Apply ${pending.length} migration${pending.length === 1 ? '' : 's'} to ${where}?`);
    }
  }
  const started = Date.now();
  let applied: readonly Migration[];
  try {
    applied = await migrate(request, options);
  } finally {
    progress.close();
  }
  summarize(terminal, applied, {
    json: options.json === true,
    key: 'applied',
    nothing: 'Nothing is pending.',
    durationMs: Date.now() - started,
  });
}
