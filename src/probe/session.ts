import type pg from 'pg';
import { messageOf } from '../domain/errors.ts';
import { isConnectionLoss, sqlstateOf } from '../postgres/database-error.ts';
import type { Login } from './login/login.ts';
import { type Preset, settingsOf } from './login/presets.ts';
import { quoteLiteral } from '../sql/ident.ts';
import { asRole, type SessionSettings, undone } from '../postgres/impersonate.ts';

/** A statement that the server refused. */
export interface Failure {
  readonly sqlstate: string;
  readonly message: string;
  /** The function of PostgreSQL's source that raised it: tells apart two errors with one SQLSTATE. */
  readonly routine: string | null;
  /** The column that it is about, where the server names one. */
  readonly column: string | null;
}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** SQLSTATEs that say nothing of policies: canceled, out of time, out of a resource, or the server's own fault. */
const environmental = /^(08|25|40|53|54|55|57|58|XX)/;

/** True where the statement did not come to an answer of its own, so that no conclusion follows. */
export function isEnvironmental(failure: Failure): boolean {
  return environmental.test(failure.sqlstate);
}

/** True where the role lacks a privilege, which says nothing of policies: they refuse with the same SQLSTATE, from elsewhere. */
export function isDenied(failure: Failure): boolean {
  return failure.sqlstate === '42501' && failure.routine === 'aclcheck_error';
}

/** One line about a failure. */
export function describeFailure(failure: Failure): string {
  return `${failure.message} (SQLSTATE ${failure.sqlstate})`;
}

/** What the server said; a lost connection, or anything that is not the server's, is thrown on. */
export function failureOf(error: unknown): Failure {
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null || isConnectionLoss(error)) throw error;
  const { routine, column } = error as { routine?: unknown; column?: unknown };
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { sqlstate, message: messageOf(error), routine: text(routine), column: text(column) };
}

/** Runs `body` and keeps an error of the server as a value. */
export async function attempt<T>(body: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await body() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

export type Series = readonly { readonly sql: string; readonly values: readonly unknown[] }[];

/** Makes settings until the savepoint around it ends. */
export function settingsStatement(settings: SessionSettings): Series[number] {
  const calls = Object.keys(settings).map(
    (_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, true)`,
  );
  return { sql: `select ${calls.join(', ')}`, values: Object.entries(settings).flat() };
}

/** The same to select where no values can be bound: in a text of several statements, or a block. */
export function settingCalls(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`)
    .join(', ');
}

/** The open transaction of a verification: the truth role's, which becomes the app role for one statement at a time. */
export class ProbeSession {
  constructor(
    readonly client: pg.ClientBase,
    readonly truthRole: string,
    readonly appRole: string,
    /** Settings that a login of the app role starts with, and SET ROLE does not bring. */
    readonly presets: readonly Preset[] = [],
    /** Who logged in as the application does, to read as it; null where SET ROLE alone leads to the app role. */
    readonly login: Login | null = null,
    /** How long one statement may take from now on, in milliseconds. */
    private readonly limitMs: (() => number) | null = null,
  ) {
    this.#current = client;
  }

  /** The statement that bounds those behind it, until the savepoint around it ends. */
  get #bounding(): string {
    return this.limitMs === null ? '' : `set local statement_timeout = ${this.limitMs()}`;
  }

  /** The connection that has the role of the moment. */
  get current(): pg.ClientBase {
    return this.#current;
  }
  #current: pg.ClientBase;

  /** The connection on which a series of one of the two roles runs. */
  connectionOf(as: 'app' | 'truth'): pg.ClientBase {
    return as === 'app' && this.login !== null && isOpen(this.login.client) ? this.login.client : this.client;
  }

  /** One query of the truth role, under `settings` where what it reads depends on them. */
  async truth<R extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
    settings: SessionSettings = {},
  ): Promise<Attempt<R[]>> {
    return await attempt(() =>
      undone(
        this.client,
        async () => {
          for (const [name, value] of Object.entries(settings)) {
            await this.client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
          }
          return (await this.client.query<R>(sql, [...values])).rows;
        },
        this.#bounding,
      ),
    );
  }

  /** Becomes the app role under `settings` and runs `body`; everything is undone. */
  async asApp<T>(settings: SessionSettings, body: () => Promise<T>): Promise<T> {
    const { login } = this;
    // Writes are told where the truth is: by then the login's transaction is over.
    if (login === null || this.connectionOf('app') === this.client) {
      return await asRole(
        this.client,
        this.appRole,
        { ...settingsOf(this.presets), ...settings },
        body,
        this.#bounding,
      );
    }
    this.#current = login.client;
    try {
      const become = login.role === this.appRole ? null : this.appRole;
      return await asRole(login.client, become, settings, body, this.#bounding);
    } finally {
      this.#current = this.client;
    }
  }

  /** Statements behind one savepoint as one of the two roles, each under the settings that those before it made; the rows of the last. */
  async series<R extends pg.QueryResultRow>(as: 'app' | 'truth', statements: Series): Promise<Attempt<R[]>> {
    const body = async (): Promise<R[]> => {
      let rows: R[] = [];
      for (const { sql, values } of statements) {
        // Several statements in one text, which takes no values, give a result each.
        const results: pg.QueryResult<R> | pg.QueryResult<R>[] = await this.#current.query<R>(sql, [...values]);
        rows = [results].flat().at(-1)?.rows ?? [];
      }
      return rows;
    };
    return await attempt(() => (as === 'app' ? this.asApp({}, body) : undone(this.client, body)));
  }

  /** One query in the role of the moment, behind a savepoint. */
  async query<R extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Attempt<R[]>> {
    const client = this.#current;
    return await attempt(() => undone(client, async () => (await client.query<R>(sql, [...values])).rows));
  }
}

function isOpen(client: pg.ClientBase): boolean {
  return client.getTransactionStatus() !== 'I';
}
