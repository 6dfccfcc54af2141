import { open, stat, statfs } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { FreeSpace, Place, ServerFacts } from './facts.ts';
import type { Known } from './known.ts';

/** Looks at the disks of a server that runs on this machine; a client sees no others. */
export async function readFreeSpace(server: ServerFacts, tablespaces: readonly number[]): Promise<Known<FreeSpace>> {
  const directory = server.settings['data_directory']?.value;
  if (directory === undefined) return { reason: 'the role may not see where the server keeps its data' };
  if (!isHere(server.address)) return { reason: 'the server is on another machine' };
  try {
    if ((await systemIdentifier(directory)) !== server.systemIdentifier) {
      return { reason: `${directory} on this machine is another server's` };
    }
    const tables = await Promise.all(
      tablespaces.map(async (oid) => {
        const path = oid === 0 ? join(directory, 'base') : join(directory, 'pg_tblspc', String(oid));
        return [oid, await placeAt(path)] as const;
      }),
    );
    return { value: { tables: new Map(tables), wal: await placeAt(join(directory, 'pg_wal')) } };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { reason: `${directory} cannot be looked at from here (${code ?? 'unreadable'})` };
  }
}

function isHere(address: string | null): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map((one) => one.address));
  return address === null || own.includes(address);
}

/** Of the cluster in a data directory: the first eight bytes of its control file. */
async function systemIdentifier(directory: string): Promise<string> {
  const file = await open(join(directory, 'global', 'pg_control'));
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return String(buffer.readBigInt64LE());
  } finally {
    await file.close();
  }
}

async function placeAt(path: string): Promise<Place> {
  const [{ dev }, { bavail, bsize }] = await Promise.all([stat(path), statfs(path)]);
  return { path, device: dev, free: bavail * bsize };
}
