import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { giveTo } from './instance.ts';
import type { Instance } from './instance.ts';
import { findFreePort } from './port.ts';
import { isReady } from './postmaster.ts';

const run = promisify(execFile);

const READY_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 5;
const LOG_TAIL_LINES = 20;

/** What it takes to run programs on a cluster. */
export interface ClusterContext {
  readonly instance: Instance;
  readonly binaries: Binaries;
  readonly account: Account;
}

/** Data that is thrown away needs no durability; nobody but this machine connects. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Makes a cluster whose superuser `postgres` has the given password. */
export async function createCluster(
  { instance, binaries, account }: ClusterContext,
  password: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const passwordFile = join(instance.dir, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(account, passwordFile);
  try {
    const options = [
      `--pgdata=${instance.dataDir}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // macOS has no C.UTF-8 before version 15; everywhere else upper() and lower() know more than ASCII with it.
      `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`,
      '--no-sync',
      '--no-instructions',
    ];
    await run(binaries.initdb, options, { ...account, cwd: '/', env: environment() });
  } catch (error) {
    throw new RowhouseError(
      'database',
      'embedded-postgres-initdb',
      'The embedded server could not make its data directory.',
      {
        detail: messageOf(error),
        cause: error,
      },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  // In the file and not on the command line, so that ALTER SYSTEM works on them.
  await appendFile(join(instance.dataDir, 'postgresql.conf'), renderSettings({ ...SETTINGS, ...settings }));
}

/**
 * Starts the postmaster and waits until it accepts connections.
 *
 * @param preferredPort tried first; where it is taken, as where none is given, a free one
 * @returns the port
 */
export async function startPostmaster(context: ClusterContext, preferredPort?: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = (attempt === 1 ? preferredPort : undefined) ?? (await findFreePort());
    const child = await spawnPostmaster(context, port);
    if (await becomesReady(child, context.instance)) return port;
    const log = await readFile(context.instance.logFile, 'utf8');
    if (!log.includes('Address already in use') || attempt === PORT_ATTEMPTS) throw startFailure(log);
    await rm(context.instance.logFile);
  }
}

async function spawnPostmaster({ instance, binaries, account }: ClusterContext, port: number): Promise<ChildProcess> {
  const log = await open(instance.logFile, 'a', 0o600);
  try {
    const child = spawn(binaries.postgres, ['-D', instance.dataDir, '-p', String(port)], {
      ...account,
      cwd: '/',
      env: environment(),
      stdio: ['ignore', log.fd, log.fd],
      // A session of its own: on Ctrl-C the application decides what happens to its server, and a kept one survives the terminal.
      detached: true,
    });
    child.unref();
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

async function becomesReady(child: ChildProcess, instance: Instance): Promise<boolean> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (await isReady(instance)) return true;
    await sleep(10);
  }
  return false;
}

function startFailure(log: string): RowhouseError {
  return new RowhouseError('database', 'embedded-postgres-start', 'The embedded server did not start.', {
    detail: log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n'),
  });
}

function renderSettings(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}

/** PG* variables of the caller are about another server. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C' };
}
