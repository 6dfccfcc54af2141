import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Instance } from './instance.ts';

/** Cleans up after this process, however it ends. */
export interface Guardian {
  /** Sends the guardian away, since there is nothing left to clean up or it shall be kept. */
  dismiss(): void;
}

/**
 * Waits for its standard input to end, which the system closes when the owner dies of whatever cause, then ends the
 * server and removes the folder. The server may be in the middle of its start, hence the repeated removal.
 */
const SCRIPT = `
read -r _ && exit
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && { cat "/proc/$pid/cmdline" 2>/dev/null || ps -o command= -p "$pid"; } | tr '\\0' ' ' | grep -qF -- "$1/data"; then
  kill -QUIT "$pid"
  tries=0
  while [ -e "$1/data/postmaster.pid" ] && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
tries=0
until rm -rf -- "$1" 2>/dev/null || [ "$tries" -ge 100 ]; do sleep 0.1; tries=$((tries + 1)); done
`;

/**
 * Starts a shell that outlives this process and cleans up after it.
 *
 * Handlers in this process would miss SIGKILL, and would change what a signal or an uncaught error does to the application.
 */
export function postGuardian(instance: Instance): Guardian {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'rowhouse-guardian', instance.dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // A session of its own: Ctrl-C reaches the whole group of the terminal.
    detached: true,
  });
  // Where there is no shell or it was killed, the next start sweeps.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  // The parent's end of a pipe to a child is a socket, and would keep this process waiting.
  const input: Writable & { unref?(): void } = shell.stdin;
  input.unref?.();
  return {
    dismiss: () => {
      shell.stdin.end('dismissed\n');
    },
  };
}
