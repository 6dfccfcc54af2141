import type pg from 'pg';
import { loadSql } from '../sql/load.ts';
import { frozenRead } from './frozen-read.ts';
import type {
  CatalogSnapshot,
  Constraint,
  DefaultPrivilege,
  EventTrigger,
  Extension,
  Routine,
  Index,
  NamedType,
  Policy,
  PublishedTable,
  Relation,
  Role,
  RoleSetting,
  RewriteRule,
  Schema,
  Sequence,
  SystemGrant,
  Trigger,
} from './snapshot.ts';

const sql = {
  server: loadSql(import.meta.url, './queries/server.sql'),
  schemas: loadSql(import.meta.url, './queries/schemas.sql'),
  relations: loadSql(import.meta.url, './queries/relations.sql'),
  constraints: loadSql(import.meta.url, './queries/constraints.sql'),
  policies: loadSql(import.meta.url, './queries/policies.sql'),
  triggers: loadSql(import.meta.url, './queries/triggers.sql'),
  eventTriggers: loadSql(import.meta.url, './queries/event-triggers.sql'),
  rules: loadSql(import.meta.url, './queries/rules.sql'),
  indexes: loadSql(import.meta.url, './queries/indexes.sql'),
  sequences: loadSql(import.meta.url, './queries/sequences.sql'),
  types: loadSql(import.meta.url, './queries/types.sql'),
  functions: loadSql(import.meta.url, './queries/functions.sql'),
  roles: loadSql(import.meta.url, './queries/roles.sql'),
  roleSettings: loadSql(import.meta.url, './queries/role-settings.sql'),
  defaultPrivileges: loadSql(import.meta.url, './queries/default-privileges.sql'),
  publications: loadSql(import.meta.url, './queries/publications.sql'),
  extensions: loadSql(import.meta.url, './queries/extensions.sql'),
  systemGrants: loadSql(import.meta.url, './queries/system-grants.sql'),
  parameterGrants: loadSql(import.meta.url, './queries/parameter-grants.sql'),
};

type Server = Pick<CatalogSnapshot, 'serverVersionNum' | 'database' | 'datdba' | 'datacl' | 'largeobjectacl'>;

/** What is not read, because reading it would wait for a lock. */
export interface Unread {
  /** Relations without their definitions: those of views, policies, defaults, constraints, indexes, triggers and rules. */
  readonly relations: readonly number[];
  /** Functions without a body that is stored parsed. */
  readonly functions: readonly number[];
  readonly publications: boolean;
}

const everythingIsRead: Unread = { relations: [], functions: [], publications: false };

/**
 * Reads the catalog of the connected database, in a constant number of queries. Names come out qualified whatever the search path.
 * Within a transaction of the caller it sees what that transaction sees.
 */
export async function readSnapshot(client: pg.ClientBase, unread = everythingIsRead): Promise<CatalogSnapshot> {
  return frozenRead(client, async () => {
    const rows = async <R extends pg.QueryResultRow>(
      text: string,
      values: readonly unknown[] = [],
    ): Promise<readonly R[]> => (await client.query<R>(text, [...values])).rows;

    const [server] = await rows<Server>(sql.server);
    if (server === undefined) throw new TypeError('The server query returned no row.');
    const relations = await rows<Relation>(sql.relations, [unread.relations]);
    const oids = [relations.map((relation) => relation.oid), unread.relations];
    return {
      ...server,
      schemas: await rows<Schema>(sql.schemas),
      relations,
      constraints: await rows<Constraint>(sql.constraints, oids),
      policies: await rows<Policy>(sql.policies, oids),
      triggers: await rows<Trigger>(sql.triggers, oids),
      eventTriggers: await rows<EventTrigger>(sql.eventTriggers),
      rules: await rows<RewriteRule>(sql.rules, oids),
      indexes: await rows<Index>(sql.indexes, oids),
      sequences: await rows<Sequence>(sql.sequences),
      types: await rows<NamedType>(sql.types),
      functions: await rows<Routine>(sql.functions, [unread.functions]),
      roles: await rows<Role>(sql.roles),
      roleSettings: await rows<RoleSetting>(sql.roleSettings),
      defaultPrivileges: await rows<DefaultPrivilege>(sql.defaultPrivileges),
      publications: unread.publications ? [] : await rows<PublishedTable>(sql.publications),
      extensions: await rows<Extension>(sql.extensions),
      systemGrants: [
        ...(await rows<SystemGrant>(sql.systemGrants)),
        ...(server.serverVersionNum < 150000 ? [] : await rows<SystemGrant>(sql.parameterGrants)),
      ],
    };
  });
}

/** Reads the policies of some relations, by oid, as the transaction sees them. */
export async function readPolicies(client: pg.ClientBase, oids: readonly number[]): Promise<readonly Policy[]> {
  return frozenRead(client, async () => (await client.query<Policy>(sql.policies, [[...oids], []])).rows);
}
