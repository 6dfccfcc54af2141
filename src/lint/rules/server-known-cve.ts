import { isReachable, mayUse } from '../../access/matrix.ts';
import type { LintInput } from '../input.ts';
import type { LintRule } from '../rule.ts';

/** A hole in row-level security, and the minor release of each major that closed it. */
interface Vulnerability {
  readonly id: string;
  readonly what: string;
  readonly fixed: Readonly<Record<number, number>>;
  /** Whether the catalog shows what it takes. */
  readonly applies: (input: LintInput) => boolean;
}

const rolePolicies = ({ snapshot }: LintInput): boolean =>
  snapshot.policies.some(
    ({ polroles, polqual, polwithcheck }) =>
      !polroles.includes('public') ||
      /\b(current_user|session_user|current_role)\b/i.test(`${polqual} ${polwithcheck}`),
  );

/** Those of the releases that Rowhouse knows. https://www.postgresql.org/support/security/ */
const vulnerabilities: readonly Vulnerability[] = [
  {
    id: 'CVE-2023-2455',
    what: 'policies go by the wrong user after a function is inlined',
    fixed: { 14: 8, 15: 3 },
    applies: rolePolicies,
  },
  {
    id: 'CVE-2023-39418',
    what: 'MERGE does not enforce the policies for UPDATE and SELECT',
    fixed: { 15: 4 },
    applies: ({ commonTables }) =>
      commonTables.some(({ access }) => mayUse(access, 'update') || mayUse(access, 'insert')),
  },
  {
    id: 'CVE-2024-4317',
    what: 'pg_stats_ext shows the most common values of columns that one may not read (its script must be run too)',
    fixed: { 14: 12, 15: 7, 16: 3 },
    applies: () => false,
  },
  {
    id: 'CVE-2024-10976',
    what: 'policies go by the wrong user in a subquery, after a change of the role',
    fixed: { 14: 14, 15: 9, 16: 5, 17: 1 },
    applies: rolePolicies,
  },
  {
    id: 'CVE-2025-8713',
    what: 'statistics of partitions, children and views show sampled values that policies hide',
    fixed: { 14: 19, 15: 14, 16: 10, 17: 6 },
    applies: ({ snapshot, commonTables, access }) =>
      commonTables.some(({ relation }) => relation.parents.length > 0) ||
      snapshot.relations.some(({ oid, relkind }) => {
        const found = access.relations.get(oid);
        return relkind === 'v' && found !== undefined && isReachable(found);
      }),
  },
  {
    id: 'CVE-2026-14666',
    what: 'a session keeps the policies of its plans after a membership or BYPASSRLS was taken from its role',
    fixed: { 14: 24, 15: 19, 16: 15, 17: 11, 18: 6 },
    // It takes an administrator who revokes while sessions live.
    applies: () => false,
  },
  {
    id: 'CVE-2026-120154',
    what: 'INSERT … ON CONFLICT DO UPDATE reads the row in conflict before any policy',
    fixed: { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 },
    // It takes a unique key that another tenant's row can be met by: upsert-sees-hidden and unique-oracle name each.
    applies: () => false,
  },
];

export const serverKnownCve: LintRule = {
  id: 'server-known-cve',
  severity: 'warning',
  summary: 'The server has a known hole in its row-level security.',
  help: 'A minor release has closed it: upgrade, which needs a restart and no dump.',
  // No SQL makes an older server.
  examples: [],
  *check(input) {
    const { serverVersionNum, database } = input.snapshot;
    const [major, minor] = [Math.floor(serverVersionNum / 10_000), serverVersionNum % 10_000];
    for (const { id, what, fixed, applies } of vulnerabilities) {
      const closed = fixed[major];
      if (closed === undefined || minor >= closed) continue;
      yield {
        object: database,
        aspect: id,
        severity: applies(input) ? 'warning' : 'info',
        message: `PostgreSQL ${major}.${minor} has ${id}: ${what}; fixed in ${major}.${closed}`,
      };
    }
  },
};
