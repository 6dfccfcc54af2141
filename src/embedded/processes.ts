import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A running process. A process id alone is no identity: the system gives it to another process after a while. */
export interface ProcessInfo {
  readonly startTime: string;
  readonly command: string;
}

/** Where a process id has a meaning. */
export interface ProcessSpace {
  readonly hostname: string;
  /** Changes with each start of the machine; empty where start times are absolute. */
  readonly boot: string;
  /** Two containers may share a temporary directory and yet not see each other's processes. */
  readonly namespace: string;
}

/** What the system knows about a process, or undefined where none of that id runs. A zombie does not run. */
export function findProcess(pid: number): ProcessInfo | undefined {
  return process.platform === 'linux' ? findInProc(pid) : findWithPs(pid);
}

/** The space that this process's ids belong to. */
export function currentProcessSpace(): ProcessSpace {
  const linux = process.platform === 'linux';
  return {
    hostname: hostname(),
    boot: linux ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '',
    namespace: linux ? readlinkSync('/proc/self/ns/pid') : '',
  };
}

function findInProc(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name in parentheses, may itself hold spaces and parentheses: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const startTime = fields[19];
    if (state === 'Z' || state === 'X' || startTime === undefined) return undefined;
    return { startTime, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() };
  } catch {
    return undefined;
  }
}

function findWithPs(pid: number): ProcessInfo | undefined {
  const ps = spawnSync('ps', ['-o', 'stat=,lstart=,command=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [, state, startTime, command] = /^\s*(\S+)\s+(\S+ +\S+ +\S+ +\S+ +\S+)\s+(.*)$/m.exec(ps.stdout) ?? [];
  if (state === undefined || state.startsWith('Z') || startTime === undefined || command === undefined)
    return undefined;
  return { startTime, command };
}
