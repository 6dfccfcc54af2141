import { runCli, spawnCli, type CliProcess, type CliResult } from '../support/cli.ts';
import { test as withProject } from '../support/project.ts';

/** The built command on the project and the database of a test. */
export interface Command {
  run(...args: string[]): Promise<CliResult>;
  start(...args: string[]): CliProcess;
}

/** `test` with a `database`, a `project` and `rowhouse`, which runs the built command on them. */
export const test = withProject.extend<{ rowhouse: Command }>({
  rowhouse: async ({ database, project }, use) => {
    const options = { cwd: project.directory, env: { DATABASE_URL: database.url } };
    await use({
      run: (...args) => runCli(args, options),
      start: (...args) => spawnCli(args, options),
    });
  },
});

/** What a command printed for machines: its whole standard output is one JSON document. */
export function jsonOf(result: CliResult): unknown {
  return JSON.parse(result.stdout);
}
