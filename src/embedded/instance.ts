import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Account } from './account.ts';
import { currentProcessSpace, findProcess } from './processes.ts';
import type { ProcessSpace } from './processes.ts';

const PREFIX = 'rowhouse-pg-';
const STAGING_PREFIX = 'rowhouse-new-';
const OWNER_FILE = 'owner.json';

/** The folder of one embedded server: all that it leaves on disk is in there. */
export interface Instance {
  readonly dir: string;
  readonly dataDir: string;
  readonly logFile: string;
}

/** The process that a server belongs to. */
export interface Owner {
  readonly pid: number;
  readonly startTime: string;
  readonly space: ProcessSpace;
  /** Whether the server outlives its owner. */
  readonly keep: boolean;
}

/** The server that lives in a folder. */
export function instanceAt(dir: string): Instance {
  return { dir, dataDir: join(dir, 'data'), logFile: join(dir, 'server.log') };
}

/** Whether a folder is, by its name, that of an embedded server. */
export function isInstanceName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Makes the folder of a new server. From the moment that a sweep can see it, it has an owner. */
export async function createInstance(baseDir: string, account: Account): Promise<Instance> {
  const staging = await mkdtemp(join(baseDir, STAGING_PREFIX));
  try {
    // The account may pass through, but not touch the owner file, which a sweep trusts.
    await chmod(staging, 0o711);
    await mkdir(join(staging, 'data'), { mode: 0o700 });
    await giveTo(account, join(staging, 'data'));
    await writeOwner(staging, currentOwner());
    const dir = join(baseDir, PREFIX + basename(staging).slice(STAGING_PREFIX.length));
    await rename(staging, dir);
    return instanceAt(dir);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/** Marks a server to outlive this process. */
export async function keepInstance(instance: Instance): Promise<void> {
  await writeOwner(instance.dir, { ...currentOwner(), keep: true });
}

/** The owner of the server in a folder; undefined where this user did not make that folder. */
export async function readOwner(instance: Instance): Promise<Owner | undefined> {
  const entry = await lstat(instance.dir);
  // Temporary folders are shared: another user could lay out a folder that makes a sweep remove or stop what it should not.
  if (!entry.isDirectory() || entry.uid !== process.getuid?.()) return undefined;
  return JSON.parse(await readFile(join(instance.dir, OWNER_FILE), 'utf8')) as Owner;
}

/** Hands a file to the account that the server runs as. */
export async function giveTo(account: Account, path: string): Promise<void> {
  if (account.uid !== undefined && account.gid !== undefined) await chown(path, account.uid, account.gid);
}

function currentOwner(): Owner {
  const startTime = findProcess(process.pid)?.startTime ?? '';
  return { pid: process.pid, startTime, space: currentProcessSpace(), keep: false };
}

async function writeOwner(dir: string, owner: Owner): Promise<void> {
  const draft = join(dir, `${OWNER_FILE}.new`);
  await writeFile(draft, JSON.stringify(owner), { mode: 0o600 });
  await rename(draft, join(dir, OWNER_FILE));
}
