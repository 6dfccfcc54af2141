import type { Command } from 'commander';
import { usualPace, type BackfillPace } from '../backfill/runner.ts';
import { duration, percentage, positiveInteger, wholeNumber } from './arguments.ts';

/** How fast a backfill goes, and what it may cost the others. */
export interface BackfillOptions {
  readonly batchSize?: number;
  readonly batchTime: number;
  readonly jobs: number;
  readonly passes?: number;
  readonly load: number;
  readonly maxRefused: number;
  readonly maxReplicaLag: number;
  readonly maxArchiveBacklog: number;
  readonly maxWalRate?: number;
  readonly maxActive?: number;
}

export function withBackfillOptions(command: Command): Command {
  return command
    .option(
      '--batch-size <n>',
      'rows of each batch of a backfill; else so many as --batch-time allows',
      positiveInteger,
    )
    .option('--batch-time <duration>', 'how long a batch of a backfill should take', duration, usualPace.batchMs)
    .option('--jobs <n>', 'workers of a backfill, each with a connection of its own', positiveInteger, usualPace.jobs)
    .option(
      '--passes <n>',
      'passes of a backfill over each range of pages; else as the table asks for',
      positiveInteger,
    )
    .option('--load <percent>', 'the share of the time in which batches run', percentage, usualPace.load)
    .option(
      '--max-refused <n>',
      'rows that a backfill may leave out, since a trigger or a constraint refuses them, before it stops',
      wholeNumber,
      usualPace.maxRefused,
    )
    .option(
      '--max-replica-lag <MB>',
      'WAL that a replica may be behind before a backfill waits',
      positiveInteger,
      usualPace.replicaLag / 2 ** 20,
    )
    .option(
      '--max-archive-backlog <MB>',
      'WAL that may wait to be archived before a backfill waits',
      positiveInteger,
      usualPace.archiveBacklog / 2 ** 20,
    )
    .option(
      '--max-wal-rate <MB>',
      'WAL that the server may write a second before a backfill waits; else as much as comes',
      positiveInteger,
    )
    .option('--max-active <n>', 'other sessions that may be at work before a backfill waits', positiveInteger);
}

/** A command without these options that runs a backfill does it at the usual pace. */
export function paceOf(options: Partial<BackfillOptions>): BackfillPace {
  return {
    batchSize: options.batchSize ?? usualPace.batchSize,
    batchMs: options.batchTime ?? usualPace.batchMs,
    jobs: options.jobs ?? usualPace.jobs,
    passes: options.passes ?? usualPace.passes,
    maxRefused: options.maxRefused ?? usualPace.maxRefused,
    load: options.load ?? usualPace.load,
    replicaLag: options.maxReplicaLag === undefined ? usualPace.replicaLag : options.maxReplicaLag * 2 ** 20,
    archiveBacklog:
      options.maxArchiveBacklog === undefined ? usualPace.archiveBacklog : options.maxArchiveBacklog * 2 ** 20,
    walRate: options.maxWalRate === undefined ? usualPace.walRate : options.maxWalRate * 2 ** 20,
    active: options.maxActive ?? usualPace.active,
  };
}
