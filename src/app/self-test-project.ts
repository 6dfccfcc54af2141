import { randomBytes } from 'node:crypto';
import { RowhouseError } from '../domain/errors.ts';
import type { SelfTestReport } from '../domain/self-test.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError, sqlstateOf } from '../postgres/database-error.ts';
import { quoteIdent } from '../sql/ident.ts';
import type { Project } from './project.ts';
import { checkClasses, selfTest, type SelfTestProgress } from './self-test.ts';

const applicationName = 'rowhouse verify --self-test';

export interface SelfTestRequest {
  readonly project: Project;
  readonly connection: Connection;
  readonly toolVersion: string;
  /** In a copy of the database, which is dropped whatever happens, or in the database itself, where all is rolled back. */
  readonly where: 'copy' | 'here';
  /** Only leaks of these classes; all, and look-alikes, where left out. */
  readonly classes?: readonly string[];
  readonly signal: AbortSignal;
  /** Says what is made and what is dropped. */
  readonly log: (text: string) => void;
  readonly onProgress: (progress: SelfTestProgress) => void;
}

/**
 * Tries the verifier on leaks that are planted in a project's database, or in a copy of it.
 *
 * @throws RowhouseError `database-in-use` where no copy can be made, and all that `selfTest` throws
 */
export async function selfTestProject(request: SelfTestRequest): Promise<SelfTestReport> {
  checkClasses(request.classes);
  if (request.where === 'here') return await selfTestIn(request, request.connection);
  return await inCopy(request, (copy) => selfTestIn(request, copy));
}

async function selfTestIn(request: SelfTestRequest, connection: Connection): Promise<SelfTestReport> {
  return await selfTest({
    tool: { name: 'rowhouse', version: request.toolVersion },
    model: request.project.model,
    connect: () => connect(connection, applicationName),
    ...(request.classes && { only: request.classes }),
    signal: request.signal,
    onProgress: request.onProgress,
  });
}

/** Runs `body` on a copy of the database, which is dropped afterwards. */
async function inCopy<T>({ connection, log }: SelfTestRequest, body: (copy: Connection) => Promise<T>): Promise<T> {
  const source = await databaseOf(connection);
  const copy = `${source.slice(0, 40)}_selftest_${randomBytes(4).toString('hex')}`;
  // No session may be in the database that is copied, not even this one.
  const admin = await connect(
    { ...connection, database: source === 'postgres' ? 'template1' : 'postgres' },
    applicationName,
  );
  try {
    await admin.query(`create database ${quoteIdent(copy)} template ${quoteIdent(source)}`).catch((error: unknown) => {
      throw copyError(error, source);
    });
    log(`Made the database ${copy}, a copy of ${source}; it is dropped at the end.`);
    try {
      return await body({ ...connection, database: copy });
    } finally {
      await admin.query(`drop database ${quoteIdent(copy)} with (force)`);
      log(`Dropped the database ${copy}.`);
    }
  } finally {
    await admin.end();
  }
}

async function databaseOf(connection: Connection): Promise<string> {
  const client = await connect(connection, applicationName);
  try {
    const { rows } = await client.query<{ name: string }>('select pg_catalog.current_database() as name');
    return rows[0]?.name ?? '';
  } finally {
    await client.end();
  }
}

function copyError(error: unknown, source: string): RowhouseError {
  const objectInUse = '55006';
  if (sqlstateOf(error) !== objectInUse) return databaseError(error, `Cannot copy ${source}`);
  return new RowhouseError('database', 'database-in-use', `Cannot copy ${source} while others are connected to it.`, {
    hint: 'End their sessions; or, where it is a scratch database, say --self-test here: all is done in transactions that are rolled back.',
    cause: error,
  });
}
