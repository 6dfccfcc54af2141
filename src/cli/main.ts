import { Command, CommanderError } from 'commander';
import { toolVersion } from '../version.ts';
import { registerBackfill } from './commands/backfill.ts';
import { registerBaseline } from './commands/baseline.ts';
import { registerCatalog } from './commands/catalog.ts';
import { registerDemo } from './commands/demo.ts';
import { registerExplain } from './commands/explain.ts';
import { registerHistory } from './commands/history.ts';
import { registerImport } from './commands/import.ts';
import { registerInit } from './commands/init.ts';
import { registerLint } from './commands/lint.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPolicies } from './commands/policies.ts';
import { registerPlan } from './commands/plan.ts';
import { registerProve } from './commands/prove.ts';
import { registerRepair } from './commands/repair.ts';
import { registerRollback } from './commands/rollback.ts';
import { registerSeed } from './commands/seed.ts';
import { registerStatus } from './commands/status.ts';
import { registerUnlock } from './commands/unlock.ts';
import { registerVerify } from './commands/verify.ts';
import { exitCode, exitCodeOf } from './exit-codes.ts';
import { errorAsJson, renderError } from './render/error.ts';
import { openTerminal } from './terminal.ts';

const program = new Command('rowhouse')
  .description('Makes a single-customer PostgreSQL database serve many tenants, and verifies that none sees another.')
  .version(toolVersion)
  .option('--no-color', 'plain text')
  .showHelpAfterError('(see `rowhouse help <command>`)')
  .exitOverride();

for (const register of [
  registerDemo,
  registerInit,
  registerPlan,
  registerMigrate,
  registerRollback,
  registerBackfill,
  registerVerify,
  registerLint,
  registerProve,
  registerPolicies,
  registerExplain,
  registerCatalog,
  registerStatus,
  registerHistory,
  registerSeed,
  registerImport,
  registerBaseline,
  registerRepair,
  registerUnlock,
]) {
  register(program);
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}

/** Says what went wrong. @returns the exit code */
function fail(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCode.success;
  const terminal = openTerminal({ color: program.opts<{ color: boolean }>().color });
  if (process.argv.includes('--json')) terminal.write(errorAsJson(error));
  // Commander has said it on stderr already.
  else if (!(error instanceof CommanderError)) terminal.log(renderError(error, terminal.err));
  return error instanceof CommanderError ? exitCode.usage : exitCodeOf(error);
}
