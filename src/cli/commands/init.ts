import { Argument, Option, type Command } from 'commander';
import type { ModelAnswers } from '../../app/init-templates.ts';
import { init } from '../../app/init.ts';
import { ask, openTerminal } from '../terminal.ts';

interface InitOptions extends ModelAnswers {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerInit(program: Command): void {
  program
    .command('init')
    .description('begin a project: folders, a commented rowhouse.yaml and a CI workflow')
    .addArgument(new Argument('[dir]', 'the folder of the project').default('.'))
    .option('--setting <name>', 'the setting by which a session says its tenant', 'app.current_tenant')
    .addOption(
      new Option('--type <type>', "the type of a tenant's id")
        .choices(['uuid', 'bigint', 'integer', 'text'])
        .default('uuid'),
    )
    .option('--tenants <schema.table>', 'the table of tenants', 'public.tenants')
    .option('--app-role <role>', 'the role that the application logs in as', 'app_user')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print what was written as JSON')
    .action(async (directory: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      const terminal = openTerminal(options);
      const asks = terminal.interactive && process.stdin.isTTY && !options.yes && !options.json;
      const files = await init({ ...(asks ? await askAll(options) : options), directory });
      if (options.json) {
        terminal.write(JSON.stringify({ files }, null, 2));
        return;
      }
      for (const { path, written } of files) terminal.write(`${written ? 'wrote' : 'kept '} ${path}`);
      terminal.log('Next: name your tables in rowhouse.yaml, write migrations/0001_….sql, then `rowhouse migrate`.');
    });
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
