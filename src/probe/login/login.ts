import type pg from 'pg';
import { closureOf } from '../../access/role-closure.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { messageOf, RowhouseError } from '../../domain/errors.ts';
import type { SessionSettings } from '../../postgres/impersonate.ts';
import { inRolledBackTransaction } from '../../postgres/transaction.ts';
import { quoteLiteral } from '../../sql/ident.ts';
import { observeReuse, type Reuse } from './reuse.ts';

/** How to reach the database as the application does. */
export interface AppConnection {
  readonly client: pg.ClientBase;
  /** Opens another one. */
  readonly open: () => Promise<pg.Client>;
}

/** A connection that logged in as the application does. */
export interface Login {
  readonly client: pg.ClientBase;
  /** Who logged in: `session_user`. */
  readonly user: string;
  /** The app roles that it is, or that it becomes by SET ROLE. */
  readonly roles: readonly string[];
  /** As which role it works without SET ROLE. */
  readonly role: string;
  /** What one client of the pool in between, if there is one, leaves to the next. */
  readonly reuse: Reuse;
}

/**
 * Finds out who logged in, and what sessions are shared.
 *
 * @throws RowhouseError `app-url-other-role` where it can work for no app role
 */
export async function readLogin(
  { client, open }: AppConnection,
  snapshot: CatalogSnapshot,
  appRoles: readonly string[],
): Promise<Login> {
  // Before this one asks anything: it might hold the only server process of a pool.
  const reuse = await observeReuse(open);
  const { rows } = await client.query<{ user: string; role: string }>(
    'select session_user::pg_catalog.text as user, current_user::pg_catalog.text as role',
  );
  const { user = '', role = '' } = rows[0] ?? {};
  const becomes = snapshot.roles.some(({ rolname }) => rolname === user)
    ? closureOf(snapshot, user).becomes
    : new Set<string>();
  const roles = appRoles.filter((app) => app === role || becomes.has(app));
  if (roles.length === 0) {
    throw new RowhouseError(
      'configuration',
      'app-url-other-role',
      `--app-url logs in as ${user}, which is no app role and can become none: ${appRoles.join(', ')}.`,
      { hint: 'Give the URL that the application uses, or name its role under roles.app in rowhouse.yaml.' },
    );
  }
  return { client, user, role, roles, reuse };
}

/**
 * Runs `body` while the login sees what the open transaction of `truth` sees, to the row.
 *
 * @throws RowhouseError `app-url-elsewhere`
 */
export async function inSameSnapshot<T>(
  login: Login | null,
  truth: pg.ClientBase,
  limits: SessionSettings,
  body: () => Promise<T>,
): Promise<T> {
  if (login === null) return await body();
  const { rows } = await truth.query<{ id: string }>('select pg_catalog.pg_export_snapshot() as id');
  const join = async (): Promise<T> => {
    try {
      await login.client.query(`set transaction snapshot ${quoteLiteral(rows[0]?.id ?? '')}`);
    } catch (error) {
      throw new RowhouseError(
        'configuration',
        'app-url-elsewhere',
        `The connection of --app-url cannot see what that of the truth sees: ${messageOf(error)}.`,
        { hint: 'Both must lead to the same database of the same server, one through a pooler or not.', cause: error },
      );
    }
    for (const [name, value] of Object.entries(limits)) {
      await login.client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
    }
    return await body();
  };
  return await inRolledBackTransaction(login.client, join, 'begin isolation level repeatable read read only');
}
