import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RowhouseError } from '../domain/errors.ts';

const run = promisify(execFile);

/** The operating system's user that the server runs as; empty for the user of this process. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root; these users exist without anybody making them. */
const UNPRIVILEGED = ['postgres', 'nobody'];

/** Chooses whom the server runs as: this process's user, or for root an unprivileged one that is there already. */
export async function chooseAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  for (const name of UNPRIVILEGED) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      continue;
    }
  }
  throw new RowhouseError(
    'configuration',
    'embedded-postgres-root',
    `PostgreSQL does not run as root, and there is no user ${UNPRIVILEGED.join(' or ')} to run it as.`,
    { hint: 'Run as an ordinary user, or create a user named postgres.' },
  );
}
