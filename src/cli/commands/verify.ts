import { InvalidArgumentError, Option, type Command } from 'commander';
import { selfTestProject } from '../../app/self-test-project.ts';
import { redactReport } from '../../app/redact-report.ts';
import { verifyProject } from '../../app/verify-project.ts';
import { RowhouseError } from '../../domain/errors.ts';
import type { Layer } from '../../domain/rule.ts';
import { appConnection } from '../../postgres/connect.ts';
import { toolVersion } from '../../version.ts';
import { duration, positiveInteger } from '../arguments.ts';
import { cancelOnSignal, openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { printReport, withReport, type ReportOptions } from '../render/report.ts';
import { printSelfTest } from '../render/self-test.ts';
import { drawStatus } from '../render/status-line.ts';
import { drawVerification } from '../render/verify-progress.ts';
import { openTerminal } from '../terminal.ts';

interface VerifyOptions extends DatabaseOptions, ReportOptions {
  readonly writes?: boolean;
  readonly generate?: boolean;
  readonly appUrl?: string;
  readonly tenants: 'all' | number | readonly string[];
  readonly relations?: readonly string[];
  readonly sampleSeed: number;
  readonly jobs: number;
  readonly statementTimeout: number;
  readonly lockTimeout: number;
  readonly timeLimit: number;
  readonly layers?: readonly Layer[];
  readonly selfTest?: 'copy' | 'here';
  readonly classes?: readonly string[];
  readonly redact?: boolean;
  readonly color: boolean;
}

export function registerVerify(program: Command): void {
  withReport(withDatabase(program.command('verify')))
    .description('as the application, for every tenant: is a foreign row visible, an own one hidden?')
    .option('--writes', 'try writes too, each rolled back: for scratch databases, since it locks what it tries')
    .option('--generate', 'store generated rows first, in a scratch database that has none; with --writes')
    .option('--app-url <url>', 'log in as the application does, also through its pooler, for all that is read')
    .option('--tenants <which>', 'all, a sample of so many, or ids separated by commas', tenants, 'all')
    .option('--sample-seed <n>', 'another number chooses another sample', positiveInteger, 1)
    .option('--relations <names>', 'only these, as schema.name, separated by commas', list)
    .option(
      '--layers <names>',
      'lint (the catalog), prove (the policies), probe (rows); all, and prove where the solver is installed',
      layers,
    )
    .option('--redact', 'hash tenant ids, keys and all other values in the report')
    .option('--jobs <n>', 'connections that read at once, on one snapshot', positiveInteger, 2)
    .option('--statement-timeout <duration>', 'how long one statement may take', duration, 60_000)
    .option('--lock-timeout <duration>', 'how long to wait for a lock before a relation is left out', duration, 2_000)
    .option('--time-limit <duration>', 'when to end: what is left then is inconclusive', duration, 15 * 60_000)
    .option('--allow-inconclusive', 'exit with 0 where nothing was found and something could not be checked')
    .addOption(
      new Option('--self-test [where]', 'plant leaks, each undone, and tell which are found: in a copy, or here')
        .choices(['copy', 'here'])
        .preset('copy')
        .conflicts(['writes', 'tenants', 'relations', 'layers', 'failOn', 'allowInconclusive']),
    )
    .option('--classes <ids>', 'with --self-test: only leaks of these classes, separated by commas', list)
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      if (options.selfTest !== undefined) await runSelfTest(options, options.selfTest);
      else if (options.classes === undefined) await runVerify(options);
      else throw new RowhouseError('usage', 'no-self-test', '--classes stands beside --self-test.');
    });
}

async function runSelfTest(options: VerifyOptions, where: 'copy' | 'here'): Promise<void> {
  const terminal = openTerminal(options);
  const status = drawStatus(terminal);
  let report;
  try {
    report = await selfTestProject({
      ...(await openTarget(options)),
      toolVersion,
      where,
      ...(options.classes && { classes: options.classes }),
      signal:
        where === 'copy'
          ? cancelOnSignal(status.clear, 'the copy is dropped. Once more ends at once, and leaves it behind.')
          : cancelOnSignal(status.clear),
      log: (text) => {
        status.clear();
        terminal.log(text);
      },
      onProgress: ({ step }) => {
        status.show(step);
      },
    });
  } finally {
    status.clear();
  }
  process.exitCode = printSelfTest(terminal, report, options);
}

async function runVerify(options: VerifyOptions): Promise<void> {
  const terminal = openTerminal(options);
  const progress = drawVerification(terminal);
  let report;
  try {
    report = await verifyProject({
      ...(await openTarget(options)),
      toolVersion,
      ...(options.layers && { layers: options.layers }),
      writes: options.writes === true,
      generate: options.generate === true,
      ...(options.appUrl !== undefined && { appConnection: appConnection(options.appUrl) }),
      failOn: options.failOn,
      tenants: options.tenants,
      relations: options.relations,
      scope: {
        sampleSeed: options.sampleSeed,
        jobs: options.jobs,
        statementTimeoutMs: options.statementTimeout,
        lockTimeoutMs: options.lockTimeout,
        timeLimitMs: options.timeLimit,
        onEstimate: progress.onEstimate,
      },
      onProgress: progress.onProgress,
    });
  } finally {
    progress.close();
  }
  process.exitCode = printReport(terminal, options.redact === true ? redactReport(report) : report, options);
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function layers(text: string): readonly Layer[] {
  return list(text).map((name) => {
    if (name === 'lint' || name === 'prove' || name === 'probe') return name;
    throw new InvalidArgumentError('Layers are lint, prove and probe.');
  });
}

function tenants(text: string): VerifyOptions['tenants'] {
  if (text === 'all') return 'all';
  if (/^\d{1,9}$/.test(text)) {
    if (Number(text) === 0) throw new InvalidArgumentError('At least one tenant.');
    return Number(text);
  }
  return list(text);
}
