import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import type { EmbeddedServer } from '../../src/embedded/index.ts';
import { signalProcess } from './processes.ts';

/** What starts the server of a cluster again once its process has ended. Needs `/proc`. */
export function restarterOf({ dataDir, pid, port, url }: EmbeddedServer): () => Promise<number> {
  const program = readlinkSync(`/proc/${pid}/exe`);
  const { uid, gid } = statSync(dataDir);
  const start = async (): Promise<number | null> => {
    const server = spawn(program, ['-D', dataDir, '-p', String(port)], { uid, gid, cwd: dataDir, stdio: 'ignore' });
    const ended = once(server, 'exit').then(() => false);
    onTestFinished(async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGINT');
      await ended;
    });
    const isUp = async (): Promise<boolean> => {
      while (!(await isReachable(url))) if (server.exitCode !== null) return false;
      return true;
    };
    return (await Promise.race([isUp(), ended])) ? (server.pid ?? null) : null;
  };
  return async () => {
    // While a backend of the one before still lives, a server does not start.
    for (;;) {
      const started = await start();
      if (started !== null) return started;
    }
  };
}

/** Kills a server with all of its processes: a backend that is at work would outlive the one that started it for a while. */
export function killServer(pid: number): void {
  signalProcess(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) signalProcess(child, 'SIGKILL');
  signalProcess(pid, 'SIGKILL');
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; the state and the parent come behind it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** Ends a server as its own shutdown does. */
export async function shutDown(pid: number): Promise<void> {
  signalProcess(pid, 'SIGINT');
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isReachable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
