import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, Option, type Command } from 'commander';
import { proposeModel, type Proposal } from '../../app/init-from-database.ts';
import type { ModelAnswers } from '../../app/init-templates.ts';
import { init } from '../../app/init.ts';
import { RowhouseError } from '../../domain/errors.ts';
import { resolveConnection } from '../../postgres/connect.ts';
import { exitCode } from '../exit-codes.ts';
import { withFolder, type ProjectOptions } from '../options.ts';
import { doubtDialogue, rootDialogue } from '../render/doubts.ts';
import { formatOwnership, ownershipAsJson } from '../render/ownership.ts';
import { ask, openTerminal, type Terminal } from '../terminal.ts';

interface InitOptions extends ModelAnswers, Pick<ProjectOptions, 'project'> {
  readonly fromDatabase?: boolean;
  readonly databaseUrl?: string;
  readonly root: readonly string[];
  readonly sample?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerInit(program: Command): void {
  withFolder(program.command('init'))
    .description('begin a project: folders, a commented rowhouse.yaml and a CI workflow')
    .addArgument(new Argument('[dir]', 'the folder of the project, as with --project'))
    .option('--setting <name>', 'the setting by which a session says its tenant', 'app.current_tenant')
    .addOption(
      new Option('--type <type>', "the type of a tenant's id")
        .choices(['uuid', 'bigint', 'integer', 'text'])
        .default('uuid'),
    )
    .option('--tenants <schema.table>', 'the table of tenants', 'public.tenants')
    .option('--app-role <role>', 'the role that the application logs in as', 'app_user')
    .option('--from-database', 'propose the model from what a database has, with a reason for each table')
    .option('--database-url <url>', 'with --from-database: the database; else DATABASE_URL or the PG* variables')
    .option(
      '--root <schema.table>',
      'with --from-database: where tenancy starts; again for each level below it',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--sample', 'with --from-database: look at rows too, up to 10,000 of a table')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print what was written as JSON')
    .action(async (folder: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      const terminal = openTerminal(options);
      if (folder !== undefined && command.getOptionValueSource('project') === 'cli') {
        throw new RowhouseError(
          'usage',
          'two-folders',
          'The folder is named twice: leave out --project, or the other.',
        );
      }
      const directory = folder ?? options.project;
      if (options.fromDatabase === true) {
        process.exitCode = await initFromDatabase(terminal, directory, options);
        return;
      }
      if (options.root.length > 0 || options.sample === true || options.databaseUrl !== undefined) {
        throw new RowhouseError(
          'usage',
          'no-from-database',
          '--root, --sample and --database-url stand beside --from-database.',
        );
      }
      const files = await init({ ...(mayAsk(terminal, options) ? await askAll(options) : options), directory });
      if (options.json) {
        terminal.write(JSON.stringify({ files }, null, 2));
        return;
      }
      for (const { path, written } of files) terminal.write(`${written ? 'wrote' : 'kept '} ${path}`);
      terminal.log('Next: name your tables in rowhouse.yaml, write migrations/0001_….sql, then `rowhouse migrate`.');
    });
}

/** @returns the exit code: 2 where somebody has to say the root first, and nothing was written */
async function initFromDatabase(terminal: Terminal, directory: string, options: InitOptions): Promise<number> {
  const file = join(directory, 'rowhouse.yaml');
  if (!options.json && existsSync(file)) {
    throw new RowhouseError('usage', 'model-exists', `${file} is there already, and stays as it is.`, {
      hint: 'Move it away, or print what would be proposed with --json.',
    });
  }
  const asks = mayAsk(terminal, options);
  const propose = (roots: readonly string[]): Promise<Proposal> =>
    proposeModel({
      connection: resolveConnection({ flag: options.databaseUrl, env: process.env }),
      roots,
      sample: options.sample === true,
      setting: options.setting,
      appRole: options.appRole,
      answer: asks ? doubtDialogue(terminal, ask) : undefined,
    });
  const proposal = await propose(options.root);
  const { candidates } = proposal.ownership;
  const root =
    asks && proposal.model === null && candidates.length > 0 ? await rootDialogue(candidates, terminal, ask) : null;
  const { ownership, model } = root === null ? proposal : await propose([root]);
  const files = model === null ? [] : await init({ ...options, directory, model });
  terminal.write(
    options.json
      ? JSON.stringify({ ...ownershipAsJson(ownership), files }, null, 2)
      : formatOwnership(ownership, files, terminal),
  );
  if (model !== null) return exitCode.success;
  terminal.log(`No table is plainly that of tenants: nothing was written. Say which with --root schema.table.`);
  return exitCode.usage;
}

/** Whether somebody is there to ask. */
function mayAsk({ interactive }: Terminal, { yes, json }: InitOptions): boolean {
  return interactive && process.stdin.isTTY && yes !== true && json !== true;
}

/** Asks for each answer; what stands in brackets is the default. */
async function askAll(defaults: InitOptions): Promise<InitOptions> {
  const question = async (text: string, preset: string) => (await ask(`${text} [${preset}] `)) || preset;
  return {
    ...defaults,
    setting: await question('By which setting does a session say its tenant?', defaults.setting),
    type: (await question("Of which type is a tenant's id?", defaults.type)) as InitOptions['type'],
    tenants: await question('Which is the table of tenants?', defaults.tenants),
    appRole: await question('Which role does the application log in as?', defaults.appRole),
  };
}
