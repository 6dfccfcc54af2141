import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A small disk for a tablespace, until the test ends; null where this machine lets nobody make one.
 *
 * @param dataDir of the server, which shall own it
 * @param size as `mount` takes it: `64m`
 */
export function smallDisk(dataDir: string, size: string): string | null {
  if (process.platform !== 'linux') return null;
  const directory = mkdtempSync(join(tmpdir(), 'rowhouse-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]);
  onTestFinished(() => {
    if (status === 0) spawnSync('umount', ['--lazy', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  if (status !== 0) return null;
  const { uid, gid } = statSync(dataDir);
  chownSync(directory, uid, gid);
  return directory;
}
