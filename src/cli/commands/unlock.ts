import type { Command } from 'commander';
import { findLockHolder, terminateLockHolder } from '../../app/unlock.ts';
import { RowhouseError } from '../../domain/errors.ts';
import { describeHolder } from '../../postgres/advisory-lock.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { openTerminal } from '../terminal.ts';

interface UnlockOptions extends DatabaseOptions {
  readonly terminate?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerUnlock(program: Command): void {
  withDatabase(program.command('unlock'))
    .description('show who holds the lock of a run; it ends with its session, so there is nothing to clear')
    .option('--terminate', 'end that session: what it has not committed is rolled back')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print the holder as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<UnlockOptions>();
      const terminal = openTerminal(options);
      const { connection } = await openTarget(options);
      const holder = await findLockHolder(connection);
      if (!options.json)
        terminal.write(holder ? `${describeHolder(holder)}\n  ${holder.query ?? ''}` : 'Nobody holds the lock.');
      const terminated = options.terminate === true && holder !== null;
      if (terminated) {
        if (!options.yes) await terminal.confirm(`End the session ${holder.pid}?`);
        if (!(await terminateLockHolder(connection, holder.pid))) {
          throw new RowhouseError(
            'database',
            'not-terminated',
            `The session ${holder.pid} was not ended: it no longer holds the lock.`,
          );
        }
        terminal.log(`Ended the session ${holder.pid}.`);
      }
      if (options.json) terminal.write(JSON.stringify({ holder, terminated }, null, 2));
    });
}
