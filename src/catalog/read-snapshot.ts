import type pg from 'pg';
import { loadSql } from '../sql/load.ts';
import { frozenRead } from './frozen-read.ts';
import type { CatalogSnapshot, Constraint, Policy, Relation, Role, Trigger } from './snapshot.ts';

const sql = {
  server: loadSql(import.meta.url, './queries/server.sql'),
  relations: loadSql(import.meta.url, './queries/relations.sql'),
  constraints: loadSql(import.meta.url, './queries/constraints.sql'),
  policies: loadSql(import.meta.url, './queries/policies.sql'),
  triggers: loadSql(import.meta.url, './queries/triggers.sql'),
  roles: loadSql(import.meta.url, './queries/roles.sql'),
};

/**
 * Reads the catalog of the connected database, in a constant number of queries. Names come out qualified whatever the search path.
 * Within a transaction of the caller it sees what that transaction sees.
 */
export async function readSnapshot(client: pg.ClientBase): Promise<CatalogSnapshot> {
  return frozenRead(client, async () => {
    const rows = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<readonly R[]> =>
      (await client.query<R>(text, values)).rows;

    const [server] = await rows<Pick<CatalogSnapshot, 'serverVersionNum' | 'database'>>(sql.server);
    if (server === undefined) throw new TypeError('The server query returned no row.');
    const relations = await rows<Relation>(sql.relations);
    const oids = relations.map((relation) => relation.oid);
    return {
      ...server,
      relations,
      constraints: await rows<Constraint>(sql.constraints, [oids]),
      policies: await rows<Policy>(sql.policies, [oids]),
      triggers: await rows<Trigger>(sql.triggers, [oids]),
      roles: await rows<Role>(sql.roles),
    };
  });
}
