import type { Command } from 'commander';
import { diffPolicies, type PoliciesDiff } from '../../app/policies-diff.ts';
import { exitCode } from '../exit-codes.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { openTerminal } from '../terminal.ts';

interface PoliciesOptions extends DatabaseOptions {
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerPolicies(program: Command): void {
  const policies = program.command('policies').description('the policies that policies/ of the project wants');
  withDatabase(policies.command('diff'))
    .description(
      'what the policies of the database are, against those that policies/ wants; exits with 4 where they differ',
    )
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<PoliciesOptions>();
      const terminal = openTerminal(options);
      const diff = await diffPolicies(await openTarget(options));
      if (options.json) terminal.write(JSON.stringify(diff, null, 2));
      else {
        for (const { difference } of diff.differences) terminal.write(difference);
        terminal.log(summary(diff));
      }
      if (diff.differences.length > 0) process.exitCode = exitCode.drift;
    });
}

function summary({ tables, differences }: PoliciesDiff): string {
  const compared = `${tables} table${tables === 1 ? '' : 's'}`;
  return differences.length === 0
    ? `The policies of ${compared} are as wanted.`
    : `The policies of ${differences.length} of ${compared} are not as wanted.`;
}
