import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject } from 'vitest';

export interface CliOptions {
  /** Added to an environment that says nothing of databases and colours. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What the command reads from its standard input; nothing by default. */
  readonly input?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `rowhouse` that runs. */
export interface CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Settles when the process has ended, whichever way. */
  readonly result: Promise<CliResult>;
}

/** Runs the built `rowhouse` to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return spawnCli(args, options).result;
}

/** Starts the built `rowhouse`, for tests that stop it midway. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  return spawnNode([join(inject('packageDir'), 'bin', 'rowhouse.js'), ...args], options);
}

/** Starts Node with arguments of its own. */
export function spawnNode(args: readonly string[], { env = {}, cwd, input = '' }: CliOptions = {}): CliProcess {
  const child = spawn(process.execPath, args, { env: { ...neutralEnvironment(), ...env }, cwd });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return { child, result: collect(child) };
}

async function collect(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  const output = { stdout: '', stderr: '' };
  // Listeners and not an iterator, so that a test can watch the same stream.
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...output };
}

/** What the developer's shell says of databases and colours must not reach the command under test. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(PG|DATABASE_URL$|ROWHOUSE_|FORCE_COLOR$|NO_COLOR$|CI$|NODE_OPTIONS$|VITEST)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
