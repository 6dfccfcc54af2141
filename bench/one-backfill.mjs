// One backfill by `rowhouse migrate`, for the benchmarks that compare ways to fill a column.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, openProject, usualPace } from '../dist/index.js';

const model = `context: { setting: app.current_tenant, type: uuid }\ntenants: { table: public.tenants, key: id }\nroles: { app: [bench_app] }\ntables:\n  public.tenants: { tenancy: root }\n`;

/**
 * Runs one UPDATE as a backfill.
 *
 * @param directory of a project that is written anew
 * @param pace what is not the usual one
 */
export async function fillBy(url, directory, sql, pace, onEvent = () => undefined) {
  await rm(directory, { recursive: true, force: true });
  for (const folder of ['migrations', 'rollbacks']) await mkdir(join(directory, folder), { recursive: true });
  await writeFile(join(directory, 'rowhouse.yaml'), model);
  await writeFile(join(directory, 'migrations', '0001_fill.sql'), `-- rowhouse: backfill\n${sql};\n`);
  await writeFile(join(directory, 'rollbacks', '0001_fill.sql'), '-- nothing\n');
  const request = {
    project: await openProject(directory),
    connection: { url, source: '--database-url' },
    actor: { client: 'bench', toolVersion: '0' },
    lockWaitMs: 0,
    lockAttempts: 50,
    lockTotalMs: 600_000,
    transactionWaitMs: 10_000,
    skipChecks: [],
    pace: { ...usualPace, ...pace },
    signal: new AbortController().signal,
    onEvent,
  };
  await migrate(request, {});
}
