import { hostname, userInfo } from 'node:os';
import { Option, type Command } from 'commander';
import { openProject, type Project } from '../app/project.ts';
import type { RunRequest } from '../app/run.ts';
import { skippedChecks } from '../app/skipped-checks.ts';
import type { OnRunEvent } from '../migrate/events.ts';
import { phases, type Phase } from '../domain/phase.ts';
import type { Actor } from '../migrate/history.ts';
import { resolveConnection, type Connection } from '../postgres/connect.ts';
import { toolVersion } from '../version.ts';
import { duration, names, positiveInteger } from './arguments.ts';
import { paceOf, type BackfillOptions } from './backfill-options.ts';

/** Options of every command that reads a project. */
export interface ProjectOptions {
  readonly project: string;
  readonly config?: string;
}

/** Options of every command that connects. */
export interface DatabaseOptions extends ProjectOptions {
  readonly databaseUrl?: string;
}

/** Options of every command that changes a database. */
export interface RunOptions extends DatabaseOptions, Partial<BackfillOptions> {
  readonly lockWait: number;
  readonly lockAttempts: number;
  readonly lockTotal: number;
  readonly transactionWait: number;
  readonly skipChecks: readonly string[];
  readonly yes?: boolean;
}

export interface SelectionOptions {
  readonly to?: string;
  readonly steps?: number;
  readonly phase?: Phase;
}

export function withFolder(command: Command): Command {
  return command.option('--project <dir>', 'the folder of the project', '.');
}

export function withProject(command: Command): Command {
  return withFolder(command).option('--config <file>', 'the model, where it is not rowhouse.yaml in that folder');
}

export function withDatabase(command: Command): Command {
  return withProject(command).option(
    '--database-url <url>',
    'the database; else DATABASE_URL, the PG* variables, or database.url of the model',
  );
}

export function withRunOptions(command: Command): Command {
  return withDatabase(command)
    .option('--lock-wait <duration>', 'how long to wait for another run to end', duration, 10_000)
    .option('--lock-attempts <n>', 'how often to try while others hold a lock', positiveInteger, 10)
    .option('--lock-total <duration>', 'for how long, from the first try on, whichever ends first', duration, 60_000)
    .option(
      '--transaction-wait <duration>',
      'how long to wait, before a lock is asked for, for transactions that would keep it from us',
      duration,
      10_000,
    )
    .option('--skip-checks <ids>', 'checks before the run that you know better of; see `rowhouse doctor`', names, [])
    .option('-y, --yes', 'ask nothing');
}

export function phaseOption(description: string): Option {
  return new Option('--phase <phase>', description).choices(phases);
}

/** Reads the project and chooses its database. */
export async function openTarget(
  options: DatabaseOptions,
): Promise<{ readonly project: Project; readonly connection: Connection }> {
  const project = await openProject(options.project, options.config);
  const connection = resolveConnection({
    flag: options.databaseUrl,
    env: process.env,
    file: project.model.database.url,
  });
  return { project, connection };
}

/** Chooses the database of a command that needs no model: where one names it, that counts too. */
export async function openDatabase(options: DatabaseOptions): Promise<Connection> {
  const file = await openProject(options.project, options.config).then(
    ({ model }) => model.database.url,
    () => null,
  );
  return resolveConnection({ flag: options.databaseUrl, env: process.env, file });
}

/** All that a run needs; a first SIGINT or SIGTERM cancels it in good order, a second one at once. */
export async function runRequest(
  options: RunOptions,
  progress: { readonly onEvent: OnRunEvent; readonly close: () => void },
): Promise<RunRequest> {
  return {
    ...(await openTarget(options)),
    actor: thisActor(),
    lockWaitMs: options.lockWait,
    lockAttempts: options.lockAttempts,
    lockTotalMs: options.lockTotal,
    transactionWaitMs: options.transactionWait,
    skipChecks: await skippedChecks(options.skipChecks),
    pace: paceOf(options),
    signal: cancelOnSignal(progress.close),
    onEvent: progress.onEvent,
  };
}

/** Who runs this process, for the history. */
export function thisActor(): Actor {
  return { client: `${userName()}@${hostname()}`, toolVersion };
}

/** A container may run as a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/**
 * Aborted by the first SIGINT or SIGTERM, after `onCancel` has cleared what is being drawn; a second one ends the process at once.
 *
 * @param until what goes on until then, and what ending at once would leave
 */
export function cancelOnSignal(
  onCancel: () => void,
  until = 'the statement at work is rolled back. Once more ends at once.',
): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      onCancel();
      process.stderr.write(`\nCancelling: ${until}\n`);
      controller.abort();
    });
  }
  return controller.signal;
}
