import { chownSync, readdirSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { chooseBaseDir } from '../../src/embedded/base-dir.ts';
import { startEmbeddedServer } from '../../src/embedded/index.ts';
import { spawnNode } from '../support/cli.ts';
import type { CliProcess } from '../support/cli.ts';
import { findProcesses, signalProcess } from '../support/processes.ts';
import { isRoot, temporaryDir } from './support.ts';

interface Child extends CliProcess {
  readonly baseDir: string;
  readonly url: string;
}

interface Program {
  /** What it does once its server runs. */
  readonly then?: string;
  readonly keep?: boolean;
  readonly uid?: number;
}

/** Runs a program that starts a server. */
function runProgram({ then = '', keep = false, uid }: Program): CliProcess & { baseDir: string } {
  const baseDir = temporaryDir();
  if (uid !== undefined) chownSync(baseDir, uid, uid);
  const program = `
    ${uid === undefined ? '' : `process.setgid(${uid}); process.setuid(${uid});`}
    const { startEmbeddedServer } = await import(${JSON.stringify(join(inject('packageDir'), 'dist/embedded/index.js'))});
    const server = await startEmbeddedServer({ baseDir: ${JSON.stringify(baseDir)}, keep: ${keep} });
    console.log(server.url);
    ${then}
  `;
  const run = spawnNode(['--input-type=module', '--eval', program]);
  onTestFinished(() => {
    for (const pid of findProcesses(`${baseDir}/`)) signalProcess(pid, 'SIGKILL');
  });
  return { ...run, baseDir };
}

/** Runs a program and waits until its server runs. */
async function startInChild(then: string, options: Program = {}): Promise<Child> {
  const run = runProgram({ ...options, then });
  const [url] = (await Promise.race([
    once(createInterface({ input: run.child.stdout }), 'line'),
    run.result.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])) as [string];
  return { ...run, url };
}

async function expectNothingLeft(baseDir: string): Promise<void> {
  await expect.poll(() => [readdirSync(baseDir), findProcesses(`${baseDir}/`)]).toEqual([[], []]);
}

async function isReachable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

const WAIT = 'setInterval(() => undefined, 1000);';

describe('server and data are gone', () => {
  test('after an uncaught throw, whose exit code and message stay', async () => {
    const { baseDir, result } = await startInChild("setTimeout(() => { throw new Error('out of luck'); });");

    expect(await result).toMatchObject({ code: 1, stderr: expect.stringContaining('out of luck') as string });
    await expectNothingLeft(baseDir);
  });

  test('after process.exit', async () => {
    const { baseDir, result } = await startInChild('process.exit(7);');

    expect(await result).toMatchObject({ code: 7 });
    await expectNothingLeft(baseDir);
  });

  test('after a program that ends without stopping its server', async () => {
    const { baseDir, result } = await startInChild('');

    expect(await result).toMatchObject({ code: 0, stderr: '' });
    await expectNothingLeft(baseDir);
  });

  test.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'])('after %s', async (signal) => {
    const { child, baseDir, result, url } = await startInChild(WAIT);
    expect(await isReachable(url)).toBe(true);

    child.kill(signal);

    expect(await result).toMatchObject({ code: null, signal });
    await expectNothingLeft(baseDir);
  });

  test('after SIGKILL in the middle of the start', async () => {
    const { child, baseDir, result } = runProgram({});
    await expect
      .poll(() => readdirSync(baseDir, { recursive: true }).filter((path) => String(path).endsWith('PG_VERSION')))
      .not.toEqual([]);

    child.kill('SIGKILL');

    expect(await result).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    await expectNothingLeft(baseDir);
  });

  test('after the next start, where the guardian was killed too', async () => {
    const { child, baseDir, result, url } = await startInChild(WAIT);
    for (const pid of findProcesses('rowhouse-guardian').filter((pid) => findProcesses(`${baseDir}/`).includes(pid))) {
      signalProcess(pid, 'SIGKILL');
    }
    child.kill('SIGKILL');
    await result;
    expect(await isReachable(url)).toBe(true);

    const next = await startEmbeddedServer({ baseDir });

    expect(await isReachable(url)).toBe(false);
    await next.stop();
    await expectNothingLeft(baseDir);
  });
});

describe('server and data stay', () => {
  test('through the start of another, while their process lives', async () => {
    const { child, baseDir, url, result } = await startInChild(WAIT);

    const next = await startEmbeddedServer({ baseDir });
    await next.stop();

    expect(await isReachable(url)).toBe(true);
    child.kill();
    await result;
  });

  test('when they are kept, until somebody ends the server', async () => {
    const { baseDir, url, result } = await startInChild('process.exit();', { keep: true });
    await result;

    const next = await startEmbeddedServer({ baseDir });
    expect(await isReachable(url)).toBe(true);
    await next.stop();

    const [dir] = readdirSync(baseDir);
    for (const pid of findProcesses(join(baseDir, dir ?? ''))) signalProcess(pid, 'SIGINT');
    await expect.poll(() => findProcesses(`${baseDir}/`)).toEqual([]);
    await (await startEmbeddedServer({ baseDir })).stop();
    await expectNothingLeft(baseDir);
  });
});

const ORDINARY_USER = 65534;
const canBeOrdinary =
  isRoot &&
  (await chooseBaseDir({ uid: ORDINARY_USER, gid: ORDINARY_USER }, process.cwd()).then(
    () => true,
    () => false,
  ));

test.runIf(canBeOrdinary)('an ordinary user runs the server as itself', async () => {
  const { child, baseDir, url, result } = await startInChild(WAIT, { uid: ORDINARY_USER });

  expect(await isReachable(url)).toBe(true);
  expect(readdirSync(baseDir).map((name) => statSync(join(baseDir, name)).uid)).toEqual([ORDINARY_USER]);

  child.kill();
  await result;
  await expectNothingLeft(baseDir);
});
