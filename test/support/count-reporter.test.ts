import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { spawnNode } from './cli.ts';

const root = join(import.meta.dirname, '..', '..');

async function reportOn(files: Readonly<Record<string, string>>): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'rowhouse-test-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true });
  });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporter = join(import.meta.dirname, 'count-reporter.ts');
  const { stdout } = await spawnNode([vitest, 'run', '--root', dir, '--reporter', reporter], { cwd: dir }).result;
  return stdout.trim().split('\n');
}

test('counts what passed, failed and was skipped, and names the skipped', async () => {
  const lines = await reportOn({
    'sums.test.ts': `
      import { describe, expect, test } from 'vitest';
      describe('a sum', () => {
        test('is right', () => { expect(1 + 1).toBe(2); });
        test('is wrong', () => { expect(1 + 1).toBe(3); });
        test.skip('is for later', () => { expect(1 + 1).toBe(4); });
      });`,
  });

  expect(lines).toEqual(['skipped: sums.test.ts > a sum > is for later', '1 passed, 1 failed, 1 skipped']);
});

test('counts a file that does not load and an error outside of tests as failed', async () => {
  const lines = await reportOn({
    'unloadable.test.ts': `import './missing.ts';`,
    'late.test.ts': `
      import { expect, test } from 'vitest';
      test('is right', async () => {
        setTimeout(() => { throw new Error('too late'); });
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(1).toBe(1);
      });`,
  });

  expect(lines.at(-1)).toBe('1 passed, 2 failed, 0 skipped');
});

test('is not green for a run without any test', async () => {
  expect(await reportOn({})).toContain('0 passed, 1 failed, 0 skipped');
});
