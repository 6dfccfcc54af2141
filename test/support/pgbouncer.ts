import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseAccount } from '../../src/embedded/account.ts';
import { findFreePort } from '../../src/embedded/port.ts';

/** Where PgBouncer is, or null: Debian keeps it out of an ordinary user's path. */
export const pgbouncer: string | null =
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, 'pgbouncer'))
    .find((path) => existsSync(path)) ?? null;

export interface Pooler {
  /** The URL by which the user of `server` connects through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts PgBouncer, with one server process, before the database of a URL. */
export async function startPgbouncer(server: string, settings: Readonly<Record<string, string>>): Promise<Pooler> {
  const target = new URL(server);
  const [user, password] = [target.username, target.password].map(decodeURIComponent);
  const directory = await mkdtemp(join(tmpdir(), 'rowhouse-pgbouncer-'));
  const port = await findFreePort();
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(directory, 'users.txt'),
    default_pool_size: '1',
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const database = `* = host=${target.hostname} port=${target.port}`;
  await writeFile(join(directory, 'users.txt'), `"${user ?? ''}" "${password ?? ''}"\n`);
  await writeFile(join(directory, 'pgbouncer.ini'), `[databases]\n${database}\n[pgbouncer]\n${lines.join('\n')}\n`);
  await chmod(directory, 0o755);
  const child = spawn(pgbouncer ?? 'pgbouncer', [join(directory, 'pgbouncer.ini')], {
    ...(await chooseAccount()),
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await untilListening(port);
  const url = new URL(server);
  url.port = String(port);
  return {
    url: url.href,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const answers = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answers) return;
    await sleep(25);
  }
  throw new Error('PgBouncer does not listen.');
}
