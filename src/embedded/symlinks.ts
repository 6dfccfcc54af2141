import { lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes the links between shared libraries that a binary package could not bring along, since npm packs no links.
 *
 * The package makes them in an install script, which npm 12 and `--ignore-scripts` do not run.
 *
 * @param packageDir the folder that holds `native/pg-symlinks.json`
 * @returns the links that were missing, relative to that folder
 */
export async function restoreSymlinks(packageDir: string): Promise<string[]> {
  const links = await readLinks(join(packageDir, 'native', 'pg-symlinks.json'));
  const restored = await Promise.all(links.map((link) => restore(packageDir, link)));
  return links.filter((_, index) => restored[index]).map((link) => link.target);
}

async function readLinks(file: string): Promise<Link[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Link[];
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function restore(packageDir: string, { source, target }: Link): Promise<boolean> {
  const path = join(packageDir, target);
  if (await exists(path)) return false;
  try {
    await symlink(relative(dirname(target), source), path);
    return true;
  } catch (error) {
    // Another process restored it in the meantime.
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
