import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Owner } from '../../src/embedded/instance.ts';
import { currentProcessSpace, findProcess } from '../../src/embedded/processes.ts';
import { sweep } from '../../src/embedded/sweep.ts';
import { temporaryDir } from './support.ts';

const space = currentProcessSpace();
const alive: Owner = { pid: process.pid, startTime: findProcess(process.pid)?.startTime ?? '', space, keep: false };
const dead: Owner = { ...alive, pid: spawnSync(process.execPath, ['--version']).pid };

function leftover(baseDir: string, owner: Owner): string {
  const dir = mkdtempSync(join(baseDir, 'rowhouse-pg-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'owner.json'), JSON.stringify(owner));
  return dir;
}

async function survives(owner: Owner): Promise<boolean> {
  const baseDir = temporaryDir();
  const dir = leftover(baseDir, owner);
  await sweep(baseDir);
  return existsSync(dir);
}

describe('a sweep removes', () => {
  test.each<[string, Owner]>([
    ['what a dead process left', dead],
    ['what a process left whose id belongs to another one now', { ...alive, startTime: '1' }],
    ['what an earlier run of this machine left', { ...alive, space: { ...space, boot: 'earlier' } }],
    ['a kept server that no longer runs', { ...dead, keep: true }],
  ])('%s', async (_, owner) => {
    expect(await survives(owner)).toBe(false);
  });
});

describe('a sweep leaves', () => {
  test.each<[string, Owner]>([
    ['what a living process owns', alive],
    ['what belongs to another machine', { ...dead, space: { ...space, hostname: 'elsewhere' } }],
    ['what belongs to another container', { ...dead, space: { ...space, namespace: 'pid:[1]' } }],
  ])('%s', async (_, owner) => {
    expect(await survives(owner)).toBe(true);
  });

  test('what it cannot read, and goes on', async () => {
    const baseDir = temporaryDir();
    const garbage = leftover(baseDir, dead);
    writeFileSync(join(garbage, 'owner.json'), '{');
    const stale = leftover(baseDir, dead);

    await sweep(baseDir);

    expect([existsSync(garbage), existsSync(stale)]).toEqual([true, false]);
  });

  test('what only has a name like its own', async () => {
    const baseDir = temporaryDir();
    const elsewhere = leftover(temporaryDir(), dead);
    symlinkSync(elsewhere, join(baseDir, 'rowhouse-pg-link'));
    mkdirSync(join(baseDir, 'other-folder'));

    await sweep(baseDir);

    expect([existsSync(elsewhere), existsSync(join(baseDir, 'other-folder'))]).toEqual([true, true]);
  });

  test('a process that took the id of a dead server', async () => {
    const baseDir = temporaryDir();
    const dir = leftover(baseDir, dead);
    writeFileSync(join(dir, 'data', 'postmaster.pid'), `${process.pid}\n${dir}/data\n`);

    await sweep(baseDir);

    expect(existsSync(dir)).toBe(false);
    expect(findProcess(process.pid)?.startTime).toBe(alive.startTime);
  });
});
