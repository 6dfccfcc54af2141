import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from './instance.ts';
import { findProcess } from './processes.ts';

/** PostgreSQL's lock file, whose lines are fixed by its miscadmin.h. */
interface PostmasterFile {
  readonly pid: number;
  readonly ready: boolean;
}

const PID_LINE = 0;
const STATUS_LINE = 7;

const IMMEDIATE_SHUTDOWN_MS = 10_000;

/** Whether a server accepts connections. */
export async function isReady(instance: Instance): Promise<boolean> {
  return (await readPostmasterFile(instance))?.ready ?? false;
}

/** The process id of the server that runs on a data directory, or undefined where none does. */
export async function findPostmaster(instance: Instance): Promise<number | undefined> {
  const pid = (await readPostmasterFile(instance))?.pid;
  // A crash leaves the file, and the id may since belong to another process.
  return pid !== undefined && isPostmaster(pid, instance) ? pid : undefined;
}

/** Ends a server at once, without a checkpoint: its data is thrown away. */
export async function endPostmaster(pid: number, instance: Instance): Promise<void> {
  signal(pid, 'SIGQUIT');
  const deadline = Date.now() + IMMEDIATE_SHUTDOWN_MS;
  while (isPostmaster(pid, instance)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await sleep(20);
  }
}

async function readPostmasterFile(instance: Instance): Promise<PostmasterFile | undefined> {
  try {
    const lines = (await readFile(join(instance.dataDir, 'postmaster.pid'), 'utf8')).split('\n');
    return { pid: Number(lines[PID_LINE]), ready: lines[STATUS_LINE]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

function isPostmaster(pid: number, instance: Instance): boolean {
  return findProcess(pid)?.command.includes(instance.dataDir) ?? false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
}
