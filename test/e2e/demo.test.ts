import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCli, spawnCli } from '../support/cli.ts';
import { findProcesses, signalProcess } from '../support/processes.ts';

/** A folder for temporary files of one command's own: what stays in it was left behind. */
async function scratch(): Promise<string> {
  // The server may run as another user, who must be able to enter it.
  const directory = await mkdtemp(join(tmpdir(), 'rowhouse-test-demo-'));
  await chmod(directory, 0o755);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('rowhouse demo', () => {
  test('goes there and back: clean, leaks, clean, identical', async () => {
    const directory = await scratch();
    const { code, stdout, stderr } = await runCli(['demo', '--scale', '0.01'], { env: { TMPDIR: directory } });
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    const verdicts = stdout.split('\n').filter((line) => /^ {2}(clean|LEAKS|INCONCLUSIVE):/.test(line));
    expect(verdicts.map((line) => line.trim().split(':')[0])).toEqual(['clean', 'LEAKS', 'clean']);
    expect(stdout).toContain('error public.tools policy-shared-writable');
    expect(stdout).toContain('error public.departments foreign-row-visible');
    expect(stdout).toMatch(/identical: \d+ objects/);
    expect(findProcesses(directory)).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  test('leaves nothing running and nothing behind when it is cancelled', async () => {
    const directory = await scratch();
    const { child, result } = spawnCli(['demo', '--scale', '0.01'], { env: { TMPDIR: directory } });
    child.stderr.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await result;
    expect(code).toBe(130);
    expect(stderr).toContain('Cancel');
    await expect.poll(() => findProcesses(directory)).toEqual([]);
    await expect.poll(() => readdir(directory)).toEqual([]);
  });

  test('--keep leaves the server running, and says how to reach and how to end it', async () => {
    const directory = await scratch();
    const { code, stdout } = await runCli(['demo', '--scale', '0.01', '--keep'], { env: { TMPDIR: directory } });
    const pid = Number(/kill (\d+)/.exec(stdout)?.[1]);
    onTestFinished(() => {
      signalProcess(pid, 'SIGQUIT');
    });
    expect(code).toBe(0);
    const url = /DATABASE_URL=(\S+)/.exec(stdout)?.[1] ?? '';
    const project = /--project (\S+)/.exec(stdout)?.[1] ?? '';
    const status = await runCli(['status', '--project', project, '--database-url', url, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ drift: false });
  });
});
