import { ok, refused, type Check } from '../check.ts';
import type { Facts, Privileges, RelationFacts } from '../facts.ts';
import { known } from '../known.ts';
import type { Need } from '../needs.ts';
import { formatIdent, formatQualified, quoteIdent } from '../../sql/ident.ts';

/** A need that is not met, and the statement that meets it. */
interface Lack {
  readonly what: string;
  readonly sql: string | null;
}

export const privileges: Check = {
  id: 'privileges',
  looksAt: 'whether the role owns what pending files change, and may make and become what they ask for',
  beforeRun: true,
  judge: (facts) => {
    const { user, superuser } = facts.server;
    const { files, needs } = known(facts.work);
    if (superuser) return ok(`${formatIdent(user)} is a superuser.`);
    const relations = known(facts.relations);
    const granted = known(facts.privileges);
    const history = { kind: 'create-schema', at: 'the history of this database' } as const;
    const lacks = [...(granted.hasHistory || files.length === 0 ? [] : [history]), ...needs].flatMap((need) => {
      const lack = lackOf(need, facts, relations, granted);
      return lack === null ? [] : { ...lack, at: need.at };
    });
    if (lacks.length === 0)
      return ok(`${formatIdent(user)} may do what the pending files ask for, as far as can be told.`);
    return refused(`${formatIdent(user)} lacks privileges that are needed.`, {
      details: [...new Set(lacks.map(({ what, at }) => `${at} ${what}`))],
      advice: 'Run as the owner, or let a superuser grant what is missing.',
      sql: [...new Set(lacks.flatMap(({ sql }) => sql ?? []))],
    });
  },
};

function lackOf(
  need: Need,
  { server: { user, database } }: Facts,
  relations: ReadonlyMap<string, RelationFacts>,
  { schemas, roles, createSchemas, createRoles }: Privileges,
): Lack | null {
  const role = quoteIdent(user);
  switch (need.kind) {
    case 'own': {
      const relation = relations.get(need.relation);
      if (relation === undefined || relation.ours) return null;
      const { owner } = relation;
      return {
        what: `changes ${formatQualified(relation)}, which belongs to ${formatIdent(owner)}`,
        sql: `grant ${quoteIdent(owner)} to ${role};`,
      };
    }
    case 'update': {
      const relation = relations.get(need.relation);
      if (relation === undefined || relation.ours || relation.mayUpdate) return null;
      return { what: `updates ${formatQualified(relation)}`, sql: `grant update on ${need.relation} to ${role};` };
    }
    case 'schema': {
      if (schemas.get(need.schema) !== false) return null;
      const schema = need.schema === '' ? 'public' : need.schema;
      return {
        what: `makes something in the schema ${formatIdent(schema)}`,
        sql: `grant create on schema ${quoteIdent(schema)} to ${role};`,
      };
    }
    case 'create-schema':
      return createSchemas
        ? null
        : { what: 'makes a schema', sql: `grant create on database ${quoteIdent(database)} to ${role};` };
    case 'create-role':
      return createRoles ? null : { what: 'makes a role', sql: `alter role ${role} createrole;` };
    case 'become':
      return roles.get(need.role) !== false
        ? null
        : { what: `gives something to ${formatIdent(need.role)}`, sql: `grant ${quoteIdent(need.role)} to ${role};` };
  }
}
