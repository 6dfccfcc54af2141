import pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { databaseError } from './database-error.ts';

/** Where to connect: a URL, or `null` for libpq's PG* variables, which `pg` reads itself. */
export interface Connection {
  readonly url: string | null;
  /** Where the address came from, for messages. */
  readonly source: '--database-url' | 'DATABASE_URL' | 'PG*' | 'rowhouse.yaml' | '--app-url' | '--against';
  /** Another database of that server. */
  readonly database?: string;
}

/** `PG*` variables that alone say which database is meant, of those that `pg` reads. */
const libpqVariables = ['PGHOST', 'PGDATABASE', 'PGPORT', 'PGUSER'];

/**
 * Chooses the database: `--database-url` > `DATABASE_URL` > `PG*` > `rowhouse.yaml` (contract).
 *
 * @throws RowhouseError `no-database`, `database-url-invalid`
 */
export function resolveConnection(options: {
  readonly flag?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: string | null | undefined;
}): Connection {
  const { flag, env, file } = options;
  if (flag !== undefined) return checked({ url: flag, source: '--database-url' });
  if (env['DATABASE_URL']) return checked({ url: env['DATABASE_URL'], source: 'DATABASE_URL' });
  if (libpqVariables.some((name) => env[name])) return { url: null, source: 'PG*' };
  if (file) return checked({ url: file, source: 'rowhouse.yaml' });
  throw new RowhouseError('usage', 'no-database', 'No database given.', {
    hint: 'Pass --database-url postgres://user@host:5432/name, or set DATABASE_URL or PGHOST and PGDATABASE.',
  });
}

/**
 * The connection that the application itself uses.
 *
 * @throws RowhouseError `database-url-invalid`
 */
export function appConnection(url: string): Connection {
  return checked({ url, source: '--app-url' });
}

/**
 * The database that another is compared with.
 *
 * @throws RowhouseError `database-url-invalid`
 */
export function comparedConnection(url: string): Connection {
  return checked({ url, source: '--against' });
}

/** The message must not repeat the URL: it may hold a password. */
function checked(connection: Connection & { readonly url: string }): Connection {
  const { url, source } = connection;
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'postgres:' || protocol === 'postgresql:') return connection;
  throw invalidUrl(source, 'is not one of PostgreSQL');
}

function invalidUrl(source: Connection['source'], problem: string): RowhouseError {
  return new RowhouseError('usage', 'database-url-invalid', `The database URL from ${source} ${problem}.`, {
    hint: 'It looks like postgres://user@host:5432/name; special characters in the password are percent-encoded.',
  });
}

/** Where a connection leads, as `user@host:port/database`, without the password. Connects to nothing. */
export function describeConnection(connection: Connection): string {
  return describeClient(createClient(connection, 'rowhouse'));
}

function describeClient(client: pg.Client): string {
  return `${client.user ?? ''}@${client.host}:${client.port}/${client.database ?? ''}`;
}

/**
 * Opens a connection. An error on an idle connection is kept for the next query to report, and never thrown at large.
 *
 * @param pipeline whether a query is sent at once, though the one before has no answer yet; such a connection has no
 *   cursors of the protocol, only those of SQL. https://node-postgres.com/features/pipelining
 * @throws RowhouseError `database`: server down, wrong password, no such database; never with the password
 */
export async function connect(
  connection: Connection,
  applicationName: string,
  { pipeline = false }: { readonly pipeline?: boolean } = {},
): Promise<pg.Client> {
  const client = createClient(connection, applicationName, pipeline);
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, client, connection);
  }
  return client;
}

/** A URL may parse and yet be none: a lone `%`, or a certificate that is not there. */
function createClient({ url, source, database }: Connection, applicationName: string, pipeline = false): pg.Client {
  try {
    return new pg.Client({
      ...(url === null ? {} : { connectionString: database === undefined ? url : within(url, database) }),
      ...(database !== undefined && { database }),
      application_name: applicationName,
      pipeline,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
  } catch (error) {
    // Not its message, which may repeat a part of the URL.
    const { code, path } = error as NodeJS.ErrnoException;
    throw invalidUrl(
      source,
      code === 'ENOENT' && path !== undefined ? `names a file that does not exist: ${path}` : 'cannot be read',
    );
  }
}

/** In a connection string the path names the database, and wins over the option. */
function within(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}

function connectionError(error: unknown, client: pg.Client, connection: Connection): RowhouseError {
  const where = `${describeClient(client)} (from ${connection.source})`;
  const mapped = databaseError(error);
  const hints: Readonly<Record<string, string>> = {
    '28P01': 'The server refused the password.',
    '28000': 'The server refuses this user, database or address: see pg_hba.conf.',
    '3D000': 'Create the database, or correct its name.',
    '53300': 'The server has no connection left: max_connections.',
    '57P03': 'The server is starting up or shutting down: try again.',
    ECONNREFUSED: 'No server listens there: is it running, and is the port right?',
    ENOTFOUND: 'The host name does not resolve.',
    ETIMEDOUT:
      'The host does not answer: a firewall, a wrong address, or a server or a machine that has too much to do?',
  };
  // node-postgres gives its own no code.
  const expired = error instanceof Error && error.message === 'timeout expired';
  const code = expired ? 'ETIMEDOUT' : (error as { code?: unknown }).code;
  return new RowhouseError('database', 'cannot-connect', `Cannot connect to ${where}: ${mapped.message}`, {
    hint: typeof code === 'string' ? hints[code] : undefined,
    cause: error,
  });
}
