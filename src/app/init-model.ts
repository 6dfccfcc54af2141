import { findRelation, nameOf, primaryKeyOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { familyOf } from '../intent/sql-type.ts';
import type { KeyType } from '../model/model.ts';
import type { Decision, Ownership } from '../plan/ownership/decision.ts';
import { formatIdent, formatQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { EntryWriter } from './init-entries.ts';
import { contextLines, type SessionUsers } from './init-templates.ts';
import { viewLines } from './init-views.ts';

/** What a proposed model needs beside what the catalog says. */
export interface ProposalAnswers {
  readonly setting: string;
  readonly appRole: string;
}

/** `rowhouse.yaml` as the catalog proposes it: doubts first, as questions, then each table with its reason. */
export function proposedModel(snapshot: CatalogSnapshot, ownership: Ownership, answers: ProposalAnswers): string {
  const [root] = ownership.roots;
  const relation = root && findRelation(snapshot, root);
  if (root === undefined || relation === undefined) throw new TypeError('A model needs a root.');
  const key = rootKey(ownership, snapshot, relation);
  const writer = new EntryWriter(snapshot, ownership);
  const asked = ownership.tables.filter((decision) => writer.isQuestion(decision));
  const settled = ownership.tables.filter((decision) => writer.isSettled(decision));
  const inModel = (table: QualifiedName): boolean => settled.some((decision) => sameName(decision.table, table));
  const left = new Set(ownership.platform.map(({ schema }) => schema));
  return [
    contextLines({
      ...answers,
      type: key.type,
      tenants: formatQualified(root),
      key: formatIdent(key.column),
      ...sessionUsers(snapshot, ownership),
    }),
    'tables:',
    ...(asked.length > 0 ? [questionsHead, ...asked.flatMap((decision) => writer.question(decision))] : []),
    ...groups.flatMap(({ title, has }) => {
      const members = settled.filter(has);
      return members.length === 0 ? [] : ['', `  # ${title}`, ...members.flatMap((decision) => writer.entry(decision))];
    }),
    ...viewLines(
      { ...snapshot, relations: snapshot.relations.filter(({ nspname }) => !left.has(nspname)) },
      inModel,
      (table) => ownership.tables.find((decision) => sameName(decision.table, table))?.column ?? null,
    ),
    ...(left.size === 0
      ? []
      : [
          '',
          '# The platform that the database is hosted on: these schemas stay as they are, and `rowhouse verify` says what is reached there.',
          'unmanaged:',
          ...[...left].sort().map((schema) => `  ${JSON.stringify(formatIdent(schema))}: the platform's own`),
        ]),
    '',
  ].join('\n');
}

const questionsHead = `  # Questions. Each table has its answers below it: take the # from the one that is right, and delete the others.
  # A table that stays out of this file is nobody's: \`rowhouse verify\` names it.`;

const groups: readonly { readonly title: string; readonly has: (decision: Decision) => boolean }[] = [
  { title: 'The table of tenants.', has: ({ tenancy }) => tenancy === 'root' },
  { title: 'Rows that say their tenant.', has: ({ tenancy, column }) => tenancy === 'row' && column !== null },
  { title: 'Rows whose tenant another row says.', has: ({ tenancy, column }) => tenancy === 'row' && column === null },
  {
    title: 'People and what is theirs in all tenants: as visible as their memberships.',
    has: ({ tenancy }) => tenancy === 'user',
  },
  { title: 'The same for everyone.', has: ({ tenancy }) => tenancy === 'shared' },
  {
    title: 'Not for the application: where it does read one of these, say shared.',
    has: ({ tenancy }) => tenancy === 'none',
  },
];

/** The key by which others refer to the root. */
function rootKey(
  ownership: Ownership,
  snapshot: CatalogSnapshot,
  relation: Relation,
): { readonly column: string; readonly type: KeyType } {
  const name = nameOf(relation);
  const hops = ownership.tables.flatMap(({ path }) =>
    path.filter(({ parent, backward }) => parent !== null && !backward && sameName(parent, name)),
  );
  const counts = new Map<string, number>();
  for (const { parentColumns } of hops) {
    const column = parentColumns.at(-1) ?? '';
    counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  const column = most?.[0] ?? primaryKeyOf(snapshot, relation)[0] ?? 'id';
  return { column, type: keyTypeOf(relation.columns.find(({ attname }) => attname === column)?.type ?? 'uuid') };
}

/** The settings of PostgREST, and so of Supabase, with the claims of a token. https://docs.postgrest.org/en/stable/references/transactions.html */
const claims = 'request.jwt.claims';

/** Where the policies that are there, or functions, ask for the claims of a token, a session says a user. */
function sessionUsers(snapshot: CatalogSnapshot, { membership }: Ownership): { readonly users?: SessionUsers } {
  const table = membership && findRelation(snapshot, membership.table);
  if (membership === null || table == null || !asksForClaims(snapshot)) return {};
  const type = keyTypeOf(table.columns.find(({ attname }) => attname === membership.user)?.type ?? 'uuid');
  return {
    users: {
      setting: claims,
      type,
      table: formatQualified(membership.table),
      user: formatIdent(membership.user),
      tenant: formatIdent(membership.tenant),
    },
  };
}

/** A function that reads the claims, which a platform may bring along, says nothing: one that calls it does. */
function asksForClaims({ policies, functions }: CatalogSnapshot): boolean {
  const asks = (sql: string | null): boolean => sql?.includes('request.jwt.claim') === true;
  const readers = functions.filter(({ prosrc }) => asks(prosrc));
  const oids = new Set(readers.map(({ oid }) => oid));
  const calls = (sql: string): boolean =>
    readers.some(({ nspname, proname }) => sql.includes(`${nspname}.${proname}(`));
  return (
    policies.some(
      ({ polqual, polwithcheck, callsFunctions }) =>
        asks(polqual) || asks(polwithcheck) || callsFunctions.some((oid) => oids.has(oid)),
    ) || functions.some(({ oid, prosrc }) => !oids.has(oid) && calls(prosrc))
  );
}

function keyTypeOf(type: string): KeyType {
  if (type === 'bigint') return 'bigint';
  const family = familyOf(type);
  return family === 'uuid' || family === 'integer' ? family : 'text';
}
