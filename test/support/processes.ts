import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { findProcess } from '../../src/embedded/processes.ts';

/** The ids of the processes whose command line mentions a text. */
export function findProcesses(text: string): number[] {
  return allProcessIds().filter((pid) => pid !== process.pid && findProcess(pid)?.command.includes(text) === true);
}

/** Sends a signal to a process, which may have ended since it was found. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function allProcessIds(): number[] {
  const names =
    process.platform === 'linux'
      ? readdirSync('/proc')
      : spawnSync('ps', ['-axo', 'pid='], { encoding: 'utf8' }).stdout.split('\n');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}
