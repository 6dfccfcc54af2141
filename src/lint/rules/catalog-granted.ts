import { granteesOf } from '../../access/acl.ts';
import { mayUse } from '../../access/matrix.ts';
import { closureOf } from '../../access/role-closure.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { isInvoker } from '../../access/view-path.ts';
import { relationsByOid } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import type { LintInput, Modelled } from '../input.ts';
import type { LintRule, Observed } from '../rule.ts';
import { listed, objectOf, quotedGrantee, roleObject } from '../wording.ts';

const files = "it reaches the server's files, where no policy applies";
const listing = "it tells of the server's files";
const secrets = 'it holds what a login needs to be somebody else';
const values = 'it holds values of the rows of all tenants';

/** What PostgreSQL keeps for superusers, and why. */
const kept: readonly (readonly [name: RegExp, why: string, severity: 'error' | 'warning'])[] = [
  [/^pg_statistic(_ext_data)?$/, values, 'error'],
  [/^pg_largeobject$/, 'it holds the large objects of all tenants', 'error'],
  [/^pg_(authid|shadow|user_mapping)$/, secrets, 'warning'],
  [/^(pg_read_file|pg_read_binary_file|lo_import|lo_export|pg_file_\w+)\(/, files, 'error'],
  [/^(pg_ls_\w+|pg_stat_file)\(/, listing, 'warning'],
];

/** The same functions, under whatever name, by the words of C that they are made of. */
const keptInC: readonly (readonly [source: RegExp, why: string, severity: 'error' | 'warning'])[] = [
  [/^(pg_read_(binary_)?file|be_lo_(import|export))/, files, 'error'],
  [/^(pg_ls_|pg_stat_file)/, listing, 'warning'],
];

export const catalogGranted: LintRule = {
  id: 'catalog-granted',
  severity: 'error',
  summary: 'The app role may read, or call, what PostgreSQL keeps for superusers.',
  help: 'pg_statistic holds the most common values of every column, of all tenants; pg_stats shows them only where no policy binds the reader, and a view of a superuser, or a materialized view of whoever reads past the policies, takes that away. pg_authid holds hashes of passwords, and pg_read_file reads the files of the tables. Revoke what was granted.',
  examples: [
    { bad: 'grant select on pg_catalog.pg_statistic to app_user;' },
    { bad: 'grant execute on function pg_catalog.pg_read_file(text) to app_user;' },
    {
      bad: `create function app.page(text) returns bytea language internal strict as 'pg_read_binary_file_all';`,
    },
    {
      bad: `create view app.common_values as select staattnum, stavalues1::text as found from pg_catalog.pg_statistic;
grant select on app.common_values to app_user;`,
      good: 'drop view app.common_values;',
    },
    {
      bad: `create materialized view app.common_values as select tablename, most_common_vals::text as found from pg_catalog.pg_stats;
grant select on app.common_values to app_user;`,
      good: 'drop materialized view app.common_values;',
    },
    {
      bad: `alter table app.notes no force row level security;
set role app_owner;
create materialized view app.common_values as select tablename, most_common_vals::text as found from pg_catalog.pg_stats;
grant select on app.common_values to app_user;
reset role;`,
      good: 'alter table app.notes force row level security; refresh materialized view app.common_values;',
    },
  ],
  *check(input) {
    if (input.access.closure.exempt) return;
    yield* granted(input);
    yield* renamed(input);
    yield* throughViews(input);
  },
};

function* granted({ snapshot, role, access: { closure } }: LintInput): Generator<Observed> {
  for (const { kind, name, acl } of snapshot.systemGrants) {
    if (kind !== 'relation' && kind !== 'function') continue;
    const [, why, severity] = kept.find(([pattern]) => pattern.test(name)) ?? [];
    const privilege = kind === 'relation' ? 'SELECT' : 'EXECUTE';
    const grantees = granteesOf(acl, closure.has, privilege);
    if (why === undefined || severity === undefined || grantees.length === 0) continue;
    const on = kind === 'relation' ? '' : 'function ';
    yield {
      object: roleObject(role),
      aspect: name,
      severity,
      message: `${role} may ${privilege} ${name}: ${why}`,
      fix: `revoke ${privilege.toLowerCase()} on ${on}pg_catalog.${name} from ${grantees.map(quotedGrantee).join(', ')};`,
    };
  }
}

/** Functions of the database that are PostgreSQL's own under another name, for which no grant had to be asked. */
function* renamed({ role, access }: LintInput): Generator<Observed> {
  for (const { lanname, prosrc, signature, proacl } of access.functions) {
    const [, why, severity] = keptInC.find(([source]) => lanname === 'internal' && source.test(prosrc)) ?? [];
    if (why === undefined || severity === undefined) continue;
    yield {
      object: signature,
      severity,
      message: `${role} may call it, and it is ${prosrc} of PostgreSQL itself: ${why}`,
      fix: `revoke execute on routine ${signature} from ${granteesOf(proacl, access.closure.has, 'EXECUTE').map(quotedGrantee).join(', ')};`,
    };
  }
}

/** The views that read statistics as a role that may, and materialized views that were filled as one whom no policy binds. */
function* throughViews(input: LintInput): Generator<Observed> {
  const { role, access } = input;
  for (const own of access.relations.values()) {
    const { relation } = own;
    if ((relation.relkind !== 'v' && relation.relkind !== 'm') || !mayUse(own, 'select')) continue;
    const read = new Set(statisticsBehind(input, relation, new Set()));
    if (read.size === 0) continue;
    yield {
      object: objectOf(relation),
      message: `${role} may read it, and it shows ${listed([...read])}: ${values}`,
    };
  }
}

function* statisticsBehind(input: LintInput, relation: Relation, seen: Set<number>): Generator<string> {
  const { snapshot, access, commonTables } = input;
  if (seen.has(relation.oid)) return;
  seen.add(relation.oid);
  const as = isInvoker(relation) ? access.closure : closureOf(snapshot, relation.relowner);
  const text = relation.definition ?? '';
  const [raw] = /\bpg_statistic(_ext_data)?\b/.exec(text) ?? [];
  const mayRead = snapshot.systemGrants.some(
    ({ kind, name, acl }) => kind === 'relation' && name === raw && granteesOf(acl, as.has, 'SELECT').length > 0,
  );
  if (raw !== undefined && (as.role.rolsuper || mayRead)) yield raw;
  // A view of it asks for the rights of whoever reads; one that is stored asked for its owner's.
  const [shown] = /\bpg_stats(_ext(_exprs)?)?\b/.exec(text) ?? [];
  const showsAll = ({ relation: table }: Modelled): boolean =>
    as.exempt || (as.has.has(table.relowner) && rowSecurityOf(as, table) !== 'bound');
  if (shown !== undefined && relation.relkind === 'm' && commonTables.some(showsAll)) yield shown;
  for (const oid of relation.dependsOn) {
    const behind = relationsByOid(snapshot).get(oid);
    if (behind) yield* statisticsBehind(input, behind, seen);
  }
}
