import Table from 'cli-table3';
import type { Command } from 'commander';
import { documentedRules, explain } from '../../app/rules.ts';
import { sourceName } from '../../domain/rule.ts';
import { formatRule } from '../../report/rule-text.ts';
import { plainTable } from '../render/table.ts';
import { openTerminal } from '../terminal.ts';

interface ExplainOptions {
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description('what a rule reports, what happens if it stays, and how to mend it; all rules without an id')
    .argument('[id]', 'such as view-definer')
    .option('--json', 'print it as JSON')
    .action((id: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExplainOptions>();
      const terminal = openTerminal(options);
      const shown = id === undefined ? documentedRules() : explain(id);
      if (options.json) terminal.write(JSON.stringify(shown, null, 2));
      else if ('id' in shown) {
        terminal.write(formatRule(shown, { color: terminal.out.level > 0, width: terminal.width }));
      } else {
        const head = ['rule', 'severity', 'found by', 'reports'].map((text) => terminal.out.bold(text));
        const table = new Table({ ...plainTable, head });
        for (const { id: rule, severity, layers, summary } of shown) {
          table.push([rule, severity, layers.map(sourceName).join(', '), summary]);
        }
        terminal.write(table.toString());
      }
    });
}
