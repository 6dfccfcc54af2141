import type { Command } from 'commander';
import { seed } from '../../app/seed.ts';
import { runRequest, withRunOptions, type RunOptions } from '../options.ts';
import { drawRun } from '../render/run-progress.ts';
import { openTerminal } from '../terminal.ts';

interface SeedOptions extends RunOptions {
  readonly tenant?: string;
  readonly undo?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerSeed(program: Command): void {
  withRunOptions(program.command('seed'))
    .description("insert the tenants' own data, as the application's role; what is there already stays")
    .option('--tenant <id>', 'only the seeds of this tenant')
    .option('--undo', 'take the seeds out again')
    .option('--json', 'print what was done as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<SeedOptions>();
      const terminal = openTerminal(options);
      const request = await runRequest(options, drawRun(terminal));
      const results = await seed(request, { tenant: options.tenant, undo: options.undo === true });
      if (options.json) {
        terminal.write(JSON.stringify({ [options.undo ? 'undone' : 'seeded']: results }, null, 2));
        return;
      }
      for (const { name, tenant, rows } of results) terminal.write(`${name}: ${rows} rows of tenant ${tenant}`);
      if (results.length === 0) terminal.write('The project has no seeds.');
    });
}
