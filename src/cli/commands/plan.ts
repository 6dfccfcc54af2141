import type { Command } from 'commander';
import { plan } from '../../app/plan.ts';
import { exitCode } from '../exit-codes.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { formatPlan, planAsJson } from '../render/plan.ts';
import { openTerminal } from '../terminal.ts';

interface PlanOptions extends DatabaseOptions {
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerPlan(program: Command): void {
  withDatabase(program.command('plan'))
    .description('write the migrations and rollbacks that lead from the database to the model; changes no database')
    .option('--check', 'write nothing: exit with 7 where something is to be planned or applied')
    .option('--dry-run', 'print the SQL, and write nothing')
    .option('--json', 'print the plan as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      const terminal = openTerminal(options);
      const write = options.check !== true && options.dryRun !== true;
      const result = await plan({ ...(await openTarget(options)), write });
      terminal.write(
        options.json
          ? JSON.stringify(planAsJson(result), null, 2)
          : formatPlan(result, terminal, { write, sql: options.dryRun === true }),
      );
      if (result.doubts.length > 0) process.exitCode = exitCode.usage;
      else if (result.pending.length > 0 || (options.check === true && result.files.length > 0)) {
        process.exitCode = exitCode.pending;
      }
    });
}
