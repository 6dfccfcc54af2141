import { Command, CommanderError } from 'commander';
import { toolVersion } from '../version.ts';
import { exitCode, exitCodeOf } from './exit-codes.ts';
import { errorAsJson, renderError } from './render/error.ts';
import { openTerminal } from './terminal.ts';

const program = new Command('rowhouse')
  .description('Makes a single-customer PostgreSQL database serve many tenants, and verifies that none sees another.')
  .version(toolVersion)
  .option('--no-color', 'plain text')
  .showHelpAfterError('(see `rowhouse help <command>`)')
  .exitOverride();

/** The commands, in the order of the help. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  demo: async () => (await import('./commands/demo.ts')).registerDemo,
  init: async () => (await import('./commands/init.ts')).registerInit,
  plan: async () => (await import('./commands/plan.ts')).registerPlan,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  migrate: async () => (await import('./commands/migrate.ts')).registerMigrate,
  rollback: async () => (await import('./commands/rollback.ts')).registerRollback,
  backfill: async () => (await import('./commands/backfill.ts')).registerBackfill,
  verify: async () => (await import('./commands/verify.ts')).registerVerify,
  lint: async () => (await import('./commands/lint.ts')).registerLint,
  prove: async () => (await import('./commands/prove.ts')).registerProve,
  policies: async () => (await import('./commands/policies.ts')).registerPolicies,
  explain: async () => (await import('./commands/explain.ts')).registerExplain,
  catalog: async () => (await import('./commands/catalog.ts')).registerCatalog,
  status: async () => (await import('./commands/status.ts')).registerStatus,
  history: async () => (await import('./commands/history.ts')).registerHistory,
  seed: async () => (await import('./commands/seed.ts')).registerSeed,
  import: async () => (await import('./commands/import.ts')).registerImport,
  baseline: async () => (await import('./commands/baseline.ts')).registerBaseline,
  repair: async () => (await import('./commands/repair.ts')).registerRepair,
  unlock: async () => (await import('./commands/unlock.ts')).registerUnlock,
};

void main();

async function main(): Promise<void> {
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  await loadCommands();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = fail(error);
  }
}

/** Only what was asked for: the parser and the rules take longer than a run with nothing to do. */
async function loadCommands(): Promise<void> {
  const [asked = ''] = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  const one = Object.hasOwn(commands, asked);
  // Commander answers this by itself.
  const none = asked === '' && process.argv.some((argument) => argument === '--version' || argument === '-V');
  if (none) return;
  // The parser is compiled by threads of its own, and the rest is read meanwhile.
  const parser = import('../sql/load-parser.ts');
  const loaders = one ? [commands[asked]] : Object.values(commands);
  for (const register of await Promise.all(loaders.map(async (load) => await load?.()))) register?.(program);
  await (
    await parser
  ).parserLoaded;
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
