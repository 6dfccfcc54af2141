import type { Command } from 'commander';
import { doctor } from '../../app/doctor.ts';
import { skippedChecks } from '../../app/skipped-checks.ts';
import { names } from '../arguments.ts';
import { exitCode, exitCodeOfKind } from '../exit-codes.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { renderExamination } from '../render/examination.ts';
import { openTerminal } from '../terminal.ts';

interface DoctorOptions extends DatabaseOptions {
  readonly skipChecks: readonly string[];
  readonly measure?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerDoctor(program: Command): void {
  withDatabase(program.command('doctor'))
    .description('whether the database is ready for what is pending, and how long that will take; reads only')
    .option('--skip-checks <ids>', 'checks that you know better of', names, [])
    .option('--measure', 'time a batch of each pending backfill, and roll it back: it locks and writes its rows')
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<DoctorOptions>();
      const terminal = openTerminal(options);
      const found = await doctor({
        ...(await openTarget(options)),
        skipChecks: await skippedChecks(options.skipChecks),
        measure: options.measure === true,
      });
      terminal.write(options.json ? JSON.stringify(found, null, 2) : renderExamination(found, terminal));
      if (found.refusedAs !== null) process.exitCode = exitCodeOfKind(found.refusedAs);
      else if (found.outcome === 'unknown') process.exitCode = exitCode.inconclusive;
    });
}
