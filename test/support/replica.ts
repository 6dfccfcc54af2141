import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { chown, cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { EmbeddedServer } from '../../src/embedded/index.ts';
import { findFreePort } from '../../src/embedded/port.ts';

/** A standby that streams from another server. */
export interface Replica {
  readonly url: string;
  stop(): Promise<void>;
}

/** Folders and files of a data directory that a base backup leaves out. */
const left = ['postmaster.pid', 'postmaster.opts', 'pg_replslot', 'pg_wal'];

/** Starts a standby of a server, version 15 or newer: a base backup by hand, since no program for one comes with it. */
export async function startReplica(server: EmbeddedServer): Promise<Replica> {
  const program = readlinkSync(`/proc/${server.pid}/exe`);
  const data = `${server.dataDir}-replica`;
  const { uid, gid } = await stat(server.dataDir);
  const { username, password } = new URL(server.url);
  const port = await findFreePort();
  const url = new URL(server.url);
  url.port = String(port);

  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query("select pg_backup_start('replica', true)");
  await cp(server.dataDir, data, { recursive: true, filter: (path) => !left.includes(basename(path)) });
  const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
  await client.end();
  await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '');
  await writeFile(join(data, 'standby.signal'), '');
  await writeFile(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${server.port} user=${username} password=${password}'
     wal_receiver_status_interval = 1
     archive_mode = off\n`,
  );
  for (const folder of ['pg_replslot', 'pg_wal', 'pg_wal/archive_status']) await mkdir(join(data, folder));
  for (const entry of ['', ...(await readdir(data, { recursive: true }))]) await chown(join(data, entry), uid, gid);

  const standby = spawn(program, ['-D', data, '-p', String(port)], { uid, gid, cwd: data, stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (standby.exitCode === null) {
      const exit = once(standby, 'exit');
      standby.kill('SIGQUIT');
      await exit;
    }
    await rm(data, { recursive: true, force: true });
  };
  while (!(await answers(url.href))) {
    if (standby.exitCode !== null) throw new Error(`The replica did not start: it ended with ${standby.exitCode}.`);
    await sleep(50);
  }
  return { url: url.href, stop };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
