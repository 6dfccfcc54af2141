import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { RowhouseError } from '../domain/errors.ts';
import type { Account } from './account.ts';

/** Chooses the folder in which servers live: the wanted one or a temporary one, that the account can enter. */
export async function chooseBaseDir(account: Account, wanted?: string): Promise<string> {
  const candidates = wanted === undefined ? [tmpdir(), '/tmp', '/var/tmp'] : [wanted];
  for (const candidate of candidates.map((path) => resolve(path))) {
    if (await canEnter(account, candidate)) return candidate;
  }
  throw new RowhouseError(
    'configuration',
    'embedded-postgres-directory',
    `The user that the embedded server runs as cannot enter ${candidates.join(' or ')}.`,
    {
      hint: 'Root runs the server as another user: choose a folder that everybody can enter, with all the folders above it.',
    },
  );
}

async function canEnter(account: Account, path: string): Promise<boolean> {
  if (account.uid === undefined) return true;
  const { mode, uid } = await stat(path);
  const mayPass = (mode & 0o001) !== 0 || (uid === account.uid && (mode & 0o100) !== 0);
  const parent = dirname(path);
  return mayPass && (parent === path || (await canEnter(account, parent)));
}
