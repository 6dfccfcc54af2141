import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usualPace } from '../backfill/runner.ts';
import { diffLogicalSnapshots, readLogicalSnapshot, type LogicalDifference } from '../catalog/logical-snapshot.ts';
import type { Report } from '../domain/report.ts';
import { loadDocumentSql, loadLegacyVital } from '../demo/vital.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../embedded/index.ts';
import type { OnRunEvent } from '../migrate/events.ts';
import type { Actor } from '../migrate/history.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { migrate } from './migrate.ts';
import { openProject } from './project.ts';
import { rollback } from './rollback.ts';
import type { RunRequest } from './run.ts';
import { seed, type SeedResult } from './seed.ts';
import { verifyProject } from './verify-project.ts';

/** The VITAL platform's project: it ships with the package. */
export const demoProject = fileURLToPath(new URL('../../', import.meta.url));

/** What the demo breaks and heals: verified alone then, since everything else is as it was. */
const broken = ['public.tools', 'public.departments'];

/** What the demo tells as it goes. */
export type DemoEvent =
  | { readonly type: 'step'; readonly title: string; readonly why: string }
  | { readonly type: 'server'; readonly version: string }
  | { readonly type: 'loaded'; readonly rows: number; readonly tables: number }
  | { readonly type: 'migrated'; readonly files: number }
  | { readonly type: 'seeded'; readonly results: readonly SeedResult[] }
  | { readonly type: 'verified'; readonly report: Report; readonly expected: Report['outcome'] }
  | { readonly type: 'broken'; readonly sql: string }
  | { readonly type: 'rolled-back'; readonly files: number; readonly exportedRows: number }
  | { readonly type: 'compared'; readonly objects: number; readonly differences: readonly LogicalDifference[] };

export interface DemoRequest {
  /** 1 is about 300,000 rows. */
  readonly scale: number;
  /** Leave the server running at the end. */
  readonly keep: boolean;
  /** A folder for the rows of tenants that the rollback exports. */
  readonly scratch: string;
  readonly actor: Actor;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DemoEvent) => void;
  readonly onRunEvent: OnRunEvent;
  readonly onProgress: (step: string) => void;
}

export interface DemoResult {
  /** Every verification had the outcome that it should have, and the database is as it was. */
  readonly succeeded: boolean;
  /** The database and its server's process, where they were kept. */
  readonly kept: { readonly url: string; readonly pid: number } | null;
}

/** The whole way there and back on a server of its own: convert, verify, break, verify, heal, verify, roll back, compare. */
export async function demo(request: DemoRequest): Promise<DemoResult> {
  const { onEvent } = request;
  onEvent({
    type: 'step',
    title: 'Start',
    why: 'a PostgreSQL server of our own, and on it the platform of one customer',
  });
  const server = await startEmbeddedServer();
  try {
    onEvent({ type: 'server', version: server.version });
    const succeeded = await thereAndBack(request, await createDatabase(server));
    if (!request.keep) return { succeeded, kept: null };
    await server.keep();
    return { succeeded, kept: { url: server.urlFor('vital'), pid: server.pid } };
  } finally {
    if (!request.keep || request.signal.aborted) await server.stop();
  }
}

async function thereAndBack(request: DemoRequest, connection: Connection): Promise<boolean> {
  const { onEvent, actor } = request;
  const run: RunRequest = {
    project: await openProject(demoProject),
    connection,
    actor,
    lockWaitMs: 10_000,
    lockAttempts: 10,
    lockTotalMs: 60_000,
    transactionWaitMs: 10_000,
    skipChecks: [],
    pace: usualPace,
    signal: request.signal,
    onEvent: request.onRunEvent,
  };
  const verified = async (expected: Report['outcome'], relations?: readonly string[]): Promise<boolean> => {
    request.signal.throwIfAborted();
    const report = await verifyProject({
      layers: ['lint', 'probe'],
      project: run.project,
      connection,
      toolVersion: actor.toolVersion,
      writes: true,
      failOn: 'warning',
      tenants: 'all',
      relations,
      onProgress: ({ step }) => {
        request.onProgress(step);
      },
    });
    onEvent({ type: 'verified', report, expected });
    return report.outcome === expected;
  };

  const before = await withClient(connection, async (client) => {
    await loadLegacyVital(client, request.scale);
    const snapshot = await readLogicalSnapshot(client, { rows: true });
    onEvent({ type: 'loaded', ...sizeOf(snapshot) });
    return snapshot;
  });

  onEvent({ type: 'step', title: 'Migrate', why: 'expand, backfill, contract: every table learns whose its rows are' });
  onEvent({ type: 'migrated', files: (await migrate(run, {})).length });

  onEvent({ type: 'step', title: 'Seed', why: 'two tenants get data of their own, inserted as the application' });
  onEvent({ type: 'seeded', results: await seed(run, { undo: false }) });

  onEvent({
    type: 'step',
    title: 'Verify',
    why: 'every tenant × every relation, as the application, reads and blind writes',
  });
  const outcomes = [await verified('clean')];

  onEvent({
    type: 'step',
    title: 'Break it',
    why: 'the policy and the view as the migration strategy had them, and verify those two',
  });
  for (const name of ['policy', 'view'] as const) {
    const sql = loadDocumentSql(name);
    await withClient(connection, (client) => client.query(sql));
    onEvent({ type: 'broken', sql });
  }
  outcomes.push(await verified('leaks', broken));

  onEvent({ type: 'step', title: 'Heal', why: 'our policies and our view again; verified where it was broken' });
  for (const name of ['heal-view', 'heal-policy'] as const) {
    await withClient(connection, (client) => client.query(loadDocumentSql(name)));
  }
  outcomes.push(await verified('clean', broken));

  onEvent({ type: 'step', title: 'Roll back', why: 'the way back, with the tenants’ own rows written to files first' });
  const back = await rollback(run, { all: true }, { action: 'export', folder: join(request.scratch, 'tenant-rows') });
  const exportedRows = back.removed.reduce((sum, { rows }) => sum + rows, 0);
  onEvent({ type: 'rolled-back', files: back.migrations.length, exportedRows });

  const after = await withClient(connection, (client) => readLogicalSnapshot(client, { rows: true }));
  const differences = diffLogicalSnapshots(before, after);
  onEvent({ type: 'compared', objects: after.size, differences });
  return outcomes.every(Boolean) && differences.length === 0;
}

async function createDatabase(server: EmbeddedServer): Promise<Connection> {
  await withClient({ url: server.url, source: '--database-url' }, (client) => client.query('create database vital'));
  return { url: server.urlFor('vital'), source: '--database-url' };
}

async function withClient<T>(
  connection: Connection,
  body: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>,
): Promise<T> {
  const client = await connect(connection, 'rowhouse demo');
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

/** Tables and rows, as the snapshot counted them. */
function sizeOf(snapshot: ReadonlyMap<string, string>): { rows: number; tables: number } {
  const counts = [...snapshot].flatMap(([object, definition]) =>
    object.startsWith('rows ') ? Number.parseInt(definition, 10) : [],
  );
  return { rows: counts.reduce((sum, count) => sum + count, 0), tables: counts.length };
}
