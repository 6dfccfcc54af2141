import type { Command } from 'commander';
import { backfillStatus, steerBackfill, type Backfills } from '../../app/backfill.ts';
import { readiness } from '../../app/readiness.ts';
import type { BackfillState } from '../../backfill/state.ts';
import { describePace, type Change } from '../../backfill/control.ts';
import { formatDuration } from '../../domain/duration.ts';
import { RowhouseError } from '../../domain/errors.ts';
import { describeHolder } from '../../postgres/advisory-lock.ts';
import { duration, percentage, positiveInteger } from '../arguments.ts';
import { exitCode } from '../exit-codes.ts';
import { renderReadiness } from '../render/readiness.ts';
import { openTarget, withDatabase, type DatabaseOptions } from '../options.ts';
import { openTerminal } from '../terminal.ts';

interface BackfillCommandOptions extends DatabaseOptions {
  readonly json?: boolean;
  readonly color: boolean;
}

interface SetOptions extends BackfillCommandOptions {
  readonly batchSize?: number;
  readonly batchTime?: number;
  readonly load?: number;
}

/** The words that say one thing each, what they ask for, and what they are answered with. */
const words: readonly (readonly [verb: string, description: string, change: Change, answer: string])[] = [
  ['pause', 'let no further batch begin; what was done stays done', { paused: true }, 'Paused'],
  ['resume', 'go on after a pause', { paused: false, cancelled: false }, 'Resumed'],
  [
    'cancel',
    'end the run after the batch at work; `rowhouse migrate` goes on from there',
    { cancelled: true },
    'Cancelled',
  ],
];

export function registerBackfill(program: Command): void {
  const backfill = program.command('backfill').description('see and steer the backfills of a run that is under way');
  withDatabase(backfill.command('status'))
    .description('how far each backfill is, how fast, and what holds it back')
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<BackfillCommandOptions>();
      const { connection } = await openTarget(options);
      const found = await backfillStatus(connection);
      openTerminal(options).write(options.json ? JSON.stringify(found, null, 2) : render(found));
    });
  withDatabase(backfill.command('finalize'))
    .description('count every row, and say whether the contract phase may begin; exits with 7 where it may not')
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<BackfillCommandOptions>();
      const terminal = openTerminal(options);
      const found = await readiness(await openTarget(options));
      terminal.write(options.json ? JSON.stringify(found, null, 2) : renderReadiness(found, terminal));
      if (!found.ready) process.exitCode = exitCode.pending;
    });
  for (const [verb, description, change, answer] of words) {
    withDatabase(backfill.command(`${verb} [name]`))
      .description(description)
      .option('--json', 'print the names as JSON')
      .action(async (name: string | undefined, _: unknown, command: Command) => {
        await tell(command.optsWithGlobals<BackfillCommandOptions>(), name, change, answer);
      });
  }
  withDatabase(backfill.command('set [name]'))
    .description('change the pace; it is heeded within a second, and kept when the run is begun again')
    .option('--batch-size <n>', 'rows of each batch', positiveInteger)
    .option('--batch-time <duration>', 'how long a batch should take', duration)
    .option('--load <percent>', 'the share of the time in which batches run', percentage)
    .option('--json', 'print the names as JSON')
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<SetOptions>();
      const { batchSize, batchTime: batchMs, load } = options;
      if (batchSize === undefined && batchMs === undefined && load === undefined) {
        throw new RowhouseError('usage', 'nothing-to-set', 'Say what to set: --batch-size, --batch-time or --load.');
      }
      await tell(options, name, { batchSize, batchMs, load }, 'Changed');
    });
}

async function tell(
  options: BackfillCommandOptions,
  name: string | undefined,
  change: Change,
  answer: string,
): Promise<void> {
  const { connection } = await openTarget(options);
  const names = await steerBackfill(connection, name ?? null, change);
  openTerminal(options).write(
    options.json ? JSON.stringify({ backfills: names }, null, 2) : `${answer}: ${names.join(', ')}.`,
  );
}

function render({ backfills, running }: Backfills): string {
  const run = running ? `A run is under way: ${describeHolder(running)}` : 'No run is under way.';
  if (backfills.length === 0) return `No backfill has begun and is not done.\n${run}`;
  return [...backfills.map((state) => renderOne(state, running !== null)), run].join('\n');
}

/** What is true of a run that is under way, such as how fast it is, was true of one that is over. */
function renderOne(state: BackfillState, isRunning: boolean): string {
  const { name, direction, relation, way, rows, batches, fraction, paused, refused, refusedRows } = state;
  const [rate, secondsLeft, heldBy] = isRunning ? [state.rate, state.secondsLeft, state.heldBy] : [null, null, null];
  const count = (value: number) => Math.round(value).toLocaleString('en');
  const facts = [
    `${count(rows)} rows in ${count(batches)} batches`,
    fraction === null ? null : `${Math.floor(fraction * 100)} %`,
    rate === null ? null : `${count(rate)} rows/s`,
    secondsLeft === null ? null : `about ${formatDuration(secondsLeft * 1000)} left`,
    refused === 0 ? null : `${refused} refused`,
    paused ? 'paused' : heldBy && `held back: ${heldBy}`,
  ];
  const set = describePace(state);
  const more = refused - refusedRows.length;
  return [
    `${name}${direction === 'down' ? ' (way back)' : ''}: ${relation} by ${way}`,
    `${facts.filter(Boolean).join(', ')}; told at ${state.toldAt}`,
    ...(set === '' ? [] : [`as set: ${set}`]),
    ...refusedRows.map(({ rowKey, message }) => `refused (${rowKey.join(', ')}): ${message}`),
    ...(more === 0 ? [] : [`and ${count(more)} more, in rowhouse.backfill_refused`]),
  ].join('\n  ');
}
