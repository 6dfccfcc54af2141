import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChalkInstance } from 'chalk';
import { InvalidArgumentError, type Command } from 'commander';
import { demo, demoProject, type DemoEvent } from '../../app/demo.ts';
import { formatDuration } from '../../domain/duration.ts';
import { formatText } from '../../report/text.ts';
import { exitCode } from '../exit-codes.ts';
import { cancelOnSignal, thisActor } from '../options.ts';
import { drawRun } from '../render/run-progress.ts';
import { drawStatus } from '../render/status-line.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

interface DemoOptions {
  readonly keep?: boolean;
  readonly scale: number;
  readonly color: boolean;
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole way there and back on a server of its own: convert, verify, break, heal, roll back')
    .option('--keep', 'leave the server running, and say what to try next')
    .option('--scale <factor>', 'size of the database: 1 is about 300,000 rows', positiveNumber, 1)
    .action(async (_: unknown, command: Command) => {
      await runDemo(command.optsWithGlobals<DemoOptions>());
    });
}

async function runDemo(options: DemoOptions): Promise<void> {
  const terminal = openTerminal(options);
  const started = Date.now();
  const scratch = await mkdtemp(join(tmpdir(), 'rowhouse-demo-'));
  const status = drawStatus(terminal);
  const run = drawRun(terminal);
  try {
    const { succeeded, kept } = await demo({
      scale: options.scale,
      keep: options.keep === true,
      scratch,
      actor: thisActor(),
      signal: cancelOnSignal(() => {
        run.close();
        status.clear();
      }),
      onProgress: status.show,
      onRunEvent: run.onEvent,
      onEvent: (event) => {
        run.clear();
        status.clear();
        terminal.write(describe(event, terminal));
      },
    });
    const { out: chalk } = terminal;
    const took = formatDuration(Date.now() - started);
    terminal.write(
      succeeded
        ? chalk.green.bold(`\nThere and back in ${took}.`)
        : chalk.red.bold('\nThe demo did not go as it should.'),
    );
    if (kept) terminal.write(whatToTry(kept, chalk));
    if (!succeeded) process.exitCode = exitCode.findings;
  } finally {
    run.close();
    status.clear();
    await rm(scratch, { recursive: true, force: true });
  }
}

function describe(event: DemoEvent, { out: chalk, width }: Terminal): string {
  switch (event.type) {
    case 'step':
      return `\n${chalk.bold.cyan(`■ ${event.title}`)}  ${chalk.dim(event.why)}`;
    case 'server':
      return `  PostgreSQL ${event.version}`;
    case 'loaded':
      return `  ${event.rows.toLocaleString('en')} rows in ${event.tables} tables, and no tenant anywhere`;
    case 'migrated':
      return `  ${event.files} files applied`;
    case 'seeded':
      return event.results
        .map(({ name, tenant, rows }) => `  ${name}: ${rows.toLocaleString('en')} rows of ${tenant}`)
        .join('\n');
    case 'verified': {
      const text = formatText(event.report, { color: chalk.level > 0, width });
      const surprise = event.report.outcome === event.expected ? '' : `\nexpected: ${event.expected}`;
      return `${text.trimEnd()}${surprise}`.replace(/^/gm, '  ');
    }
    case 'broken':
      return `${chalk.yellow(withoutComments(event.sql).replace(/^/gm, '  '))}\n`;
    case 'rolled-back':
      return `  ${event.files} files undone; ${event.exportedRows.toLocaleString('en')} rows of the two tenants written to files before`;
    case 'compared':
      return event.differences.length === 0
        ? `  ${chalk.green('identical')}: ${event.objects.toLocaleString('en')} objects and the rows of every table are what they were at the start`
        : event.differences
            .map(({ object, before, after }) => chalk.red(`  ${object}: ${before} → ${after}`))
            .join('\n');
  }
}

function withoutComments(sql: string): string {
  return sql.replace(/^--.*\n/gm, '').trim();
}

function whatToTry({ url, pid }: { readonly url: string; readonly pid: number }, chalk: ChalkInstance): string {
  const project = `--project ${demoProject}`;
  const rowhouse = `node ${join(demoProject, 'bin', 'rowhouse.js')}`;
  return `
The server runs on, with VITAL as it was before it knew tenants. Try:

  export DATABASE_URL=${url}
  ${rowhouse} status ${project}
  ${rowhouse} migrate ${project} --phase expand   ${chalk.dim('# one may deploy here')}
  ${rowhouse} migrate ${project}
  ${rowhouse} seed ${project}
  ${rowhouse} verify ${project} --writes
  ${rowhouse} rollback ${project} --all --tenant-rows export --yes

It listens on 127.0.0.1 alone. To end it: kill ${pid}`;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100)) throw new InvalidArgumentError('It is a number above 0, up to 100.');
  return value;
}
