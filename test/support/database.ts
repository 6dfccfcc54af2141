import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { quoteIdent } from '../../src/sql/ident.ts';

/** Whom a test connects as; the superuser where nothing is said. */
export interface Login {
  readonly user?: string;
  readonly password?: string;
}

/** A database of one test's own. */
export interface TestDatabase {
  readonly name: string;
  /** Connects the superuser. */
  readonly url: string;
  /** A connected superuser. */
  readonly client: pg.Client;
  /** Opens another connection, which is closed when the database is dropped. */
  connect(login?: Login): Promise<pg.Client>;
  /** The URL by which a role connects. */
  urlFor(login: Login): string;
  /** A name for a role that no other test uses, since roles belong to the whole cluster. What has that name is dropped with the database. */
  uniqueRole(prefix: string): string;
  /** Closes the connections, drops the database and the roles. */
  drop(): Promise<void>;
}

/** Creates an empty database. Prefer the fixture `database` of `./test.ts`, which drops it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = uniqueName('test');
  await asAdmin((admin) => admin.query(`create database ${quoteIdent(name)} template template0 encoding 'UTF8'`));

  const clients: pg.Client[] = [];
  const roles: string[] = [];
  const urlFor = (login: Login): string => databaseUrl(name, login);
  const connect = async (login: Login = {}): Promise<pg.Client> => {
    const client = await openClient(urlFor(login));
    clients.push(client);
    return client;
  };
  const drop = async (): Promise<void> => {
    await dropOwned(urlFor({}), roles);
    await Promise.all(clients.map((client) => client.end()));
    await asAdmin(async (admin) => {
      await admin.query(`drop database if exists ${quoteIdent(name)} with (force)`);
      for (const role of roles) await admin.query(`drop role if exists ${quoteIdent(role)}`);
    });
  };
  return {
    name,
    url: urlFor({}),
    client: await connect(),
    connect,
    urlFor,
    uniqueRole: (prefix) => {
      const role = uniqueName(prefix);
      roles.push(role);
      return role;
    },
    drop,
  };
}

/** Takes from roles what they own and were granted in a database, which would keep them from being dropped. */
async function dropOwned(url: string, roles: readonly string[]): Promise<void> {
  if (roles.length === 0) return;
  const client = await openClient(url);
  try {
    const { rows } = await client.query<{ rolname: string }>(
      'select rolname from pg_catalog.pg_roles where rolname = any ($1)',
      [roles],
    );
    // One by one: of default privileges from one of them to another, a common command would drop the same entry twice, and fail.
    for (const { rolname } of rows) await client.query(`drop owned by ${quoteIdent(rolname)} cascade`);
  } finally {
    await client.end();
  }
}

async function asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = await openClient(inject('serverUrl'));
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

async function openClient(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // A test that ends a backend on purpose sees it in the query that fails; without a listener the event would end the worker.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function databaseUrl(name: string, { user, password }: Login): string {
  const url = new URL(inject('serverUrl'));
  url.pathname = `/${encodeURIComponent(name)}`;
  if (user !== undefined) {
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password ?? '');
  }
  return url.href;
}

function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}
