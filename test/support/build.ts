import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/** Entries of the repository that the built package has its own of, or that no package has. */
const OWN = new Set(['.git', 'bin', 'dist']);

export interface PackageBuild {
  readonly dir: string;
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Builds Rowhouse into a folder that looks like the published package, so that tests run the real command in real processes.
 *
 * Each run has its own folder: two of them at once must not overwrite each other's build.
 */
export async function buildPackage(): Promise<PackageBuild> {
  const dir = await mkdtemp(join(tmpdir(), 'rowhouse-build-'));
  // Tests may run it as another user.
  await chmod(dir, 0o755);
  for (const name of await readdir(root)) {
    if (!OWN.has(name)) await symlink(join(root, name), join(dir, name));
  }
  const refresh = async (): Promise<void> => {
    const dist = join(dir, 'dist');
    await Promise.all([compile(dist), copySql(dist), bundle(dist), copyBin(join(dir, 'bin'))]);
  };
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    await refresh();
    return { dir, refresh, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function compile(outDir: string): Promise<void> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  // Types are checked by their own script: here they would only make every run slower.
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--declaration', 'false', '--outDir', outDir];
  await run(process.execPath, [tsc, ...options], { cwd: root });
}

async function bundle(outDir: string): Promise<void> {
  await run(process.execPath, [join(root, 'scripts', 'bundle.mjs'), outDir]);
}

async function copySql(outDir: string): Promise<void> {
  const entries = await readdir(join(root, 'src'), { recursive: true });
  for (const entry of entries.filter((path) => path.endsWith('.sql'))) {
    await cp(join(root, 'src', entry), join(outDir, entry));
  }
}

async function copyBin(outDir: string): Promise<void> {
  // Not linked: Node would follow the link, and run the repository's own dist.
  await cp(join(root, 'bin'), outDir, { recursive: true });
}
