import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceAt, isInstanceName, readOwner } from './instance.ts';
import type { Instance, Owner } from './instance.ts';
import { endPostmaster, findPostmaster } from './postmaster.ts';
import { currentProcessSpace, findProcess } from './processes.ts';

/**
 * Ends the servers and removes the folders that processes left behind when they were killed.
 *
 * A server whose owner lives is left alone, and so is a running one that was kept on purpose.
 */
export async function sweep(baseDir: string): Promise<void> {
  const names = (await readdir(baseDir)).filter(isInstanceName);
  // A folder that fails, for instance since another sweep removes it at this moment, is a matter of the next start.
  await Promise.allSettled(names.map((name) => sweepInstance(instanceAt(join(baseDir, name)))));
}

async function sweepInstance(instance: Instance): Promise<void> {
  const owner = await readOwner(instance);
  if (owner === undefined || !isGone(owner)) return;
  const postmaster = await findPostmaster(instance);
  if (postmaster !== undefined) {
    if (owner.keep) return;
    await endPostmaster(postmaster, instance);
  }
  await rm(instance.dir, { recursive: true, force: true });
}

function isGone(owner: Owner): boolean {
  const here = currentProcessSpace();
  if (owner.space.hostname !== here.hostname) return false;
  if (owner.space.boot !== here.boot) return true;
  if (owner.space.namespace !== here.namespace) return false;
  return findProcess(owner.pid)?.startTime !== owner.startTime;
}
