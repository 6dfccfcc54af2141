/** A way in which one tenant can see, change or infer another tenant's rows although row-level security is on. */
export interface LeakClass {
  /** Also the id of the rule that is named after it. */
  readonly id: string;
  readonly group: string;
  /** What is wrong, in one sentence. */
  readonly cause: string;
  /** Why no rule can find it in a database, where that is so. */
  readonly beyond?: string;
}

function group(
  name: string,
  classes: Readonly<Record<string, string | readonly [cause: string, beyond: string]>>,
): readonly LeakClass[] {
  return Object.entries(classes).map(([id, said]) =>
    typeof said === 'string' ? { id, group: name, cause: said } : { id, group: name, cause: said[0], beyond: said[1] },
  );
}

/** The checklist of the verifier. */
export const leakClasses: readonly LeakClass[] = [
  ...group('Roles and grants', {
    'rls-disabled': 'A table of tenants has no row-level security.',
    'policies-dormant': 'It has policies, and row-level security is off.',
    'rls-not-forced': 'The app connects as the owner, or as a member of it, and nothing is FORCEd.',
    'role-bypasses-rls': 'The app is, or can become, a superuser or a role with BYPASSRLS.',
    'role-can-become-owner': 'The app can become the owner, and switch row-level security off.',
    'session-role-escape': 'The app is reached by SET ROLE from a login that may do more: RESET ROLE escapes.',
    'role-can-create': 'The app owns objects, or may make some where names are looked up.',
    'default-privileges-open': 'Future tables are granted to the app before they have a policy.',
    'truncate-granted': 'TRUNCATE asks no policy.',
    'references-granted': 'The app can build a foreign key, and ask it which keys are taken.',
    'trigger-granted': "The app's triggers run in the sessions of others.",
  }),
  ...group('Policy logic', {
    'policy-permissive-or': 'A second permissive policy lets pass what the first one holds back.',
    'policy-inherited-widens': 'A policy for a group reaches the app by membership.',
    'policy-floor-gap': 'A restrictive floor does not reach every role or command.',
    'policy-wrong-command': 'A write that a SELECT policy would hide hits every row.',
    'policy-check-weaker': 'WITH CHECK lets new rows pass that USING would hide.',
    'policy-shared-writable': 'Rows that all may read can be changed by one of them.',
    'policy-null-tenant': 'Rows without a tenant are visible without a context.',
    'policy-fails-open': 'Without a context, all rows are visible.',
    'policy-empty-context': "After SET LOCAL the setting is '' and not NULL.",
    'policy-fallback-tenant': 'Without a context, the rows of a preset tenant are visible.',
    'policy-negative-subquery': 'NOT EXISTS over a table with policies holds where they hide the row.',
    'policy-lookup-writable': 'The table that a policy looks up is writable by tenants.',
    'policy-loose-match': 'LIKE, lists or loose collations match more than one tenant.',
    'policy-session-user': 'current_user and session_user are the same for all tenants.',
    'policy-unqualified-helper': 'A temporary table takes the place of one that a helper names without its schema.',
    'policy-immutable-context': "A prepared plan keeps one tenant's context for the next.",
    'policy-json-tenant': 'The tenant stands inside JSON: untyped, nullable, changeable.',
    'policy-recursion': 'A policy reads its own table.',
    'tenant-root-readable': 'Every tenant reads the whole table of the tenants.',
    'policy-hides-own': 'A tenant misses rows of its own, or shared ones.',
  }),
  ...group('Integrity and writes', {
    'fk-crosses-tenants': "A row may point at another tenant's row: foreign keys ask no policy.",
    'fk-cascade-crosses': "Deleting a row deletes another tenant's.",
    'tenant-mismatch': "Stored rows point at another tenant's rows.",
    'fk-validated-blind': 'A foreign key is marked as validated, and does not hold.',
    'tenant-null': 'Stored rows name no tenant.',
    'tenant-unknown': 'Stored rows name a tenant that there is not.',
    'upsert-sees-hidden': 'ON CONFLICT DO UPDATE … WHERE runs on hidden rows in unpatched servers.',
    'upsert-through-view': 'ON CONFLICT through a filter view changes and returns hidden rows.',
    'unique-oracle': 'A unique key answers whether a hidden value exists.',
    'tenant-column-mutable': 'The app may change whose a row is.',
    'trigger-rewrites-tenant': 'A trigger changes whose a row is, or who the session is for.',
    'trigger-copies-out': 'A trigger copies rows to a table without policies.',
    'rule-runs-as-owner': "A rule writes with its owner's rights.",
    'tenant-default-constant': 'New rows without a tenant become those of a fixed one.',
    'foreign-id-embedded': "Ids of another tenant's rows stand in arrays or JSON.",
    'sequence-readable': 'A sequence tells how many rows all tenants have.',
  }),
  ...group('Other paths to the same rows', {
    'partition-direct': 'A partition is read directly, past the policies of its table.',
    'view-definer': "A view reads with its owner's rights.",
    'view-definer-writable': "A view writes with its owner's rights.",
    'view-not-barrier': 'A cheap function sees rows before the filter of a view does.',
    'matview-exposed': 'A materialized view has no policies.',
    'function-definer': "A function reads with its owner's rights.",
    'function-sets-context': 'A function sets the context to a tenant of its own choice.',
    'function-leakproof': 'A function that is called leakproof sees hidden rows.',
    'foreign-table-exposed': 'Foreign tables have no policies.',
    'large-object-shared': 'Large objects have no policies.',
    'publication-unfiltered': 'A publication carries the rows of all tenants.',
    'schema-search-path': "The app may use another tenant's schema.",
    'backup-role-filtered': 'A backup holds a part, since policies bind the role that made it.',
    'job-without-context': 'A job changes no row, since policies bind its role, and reports success.',
  }),
  ...group('Session and pooling', {
    'context-session-scoped': 'A pooled session keeps the context for the next client.',
    'context-outside-transaction': [
      'SET LOCAL outside a transaction sets nothing.',
      'It fails closed, and is a mistake of code that no database shows.',
    ],
    'context-spoofable': 'The app itself may set any context.',
    'cursor-survives': "A cursor keeps one tenant's rows for the next.",
    'session-state-survives': "Temporary tables and the like keep one tenant's rows for the next.",
    'server-known-cve': 'The server lacks a security fix.',
  }),
  ...group('Side channels', {
    'explain-counts': 'EXPLAIN tells how many rows are hidden.',
    'statistics-public': 'Statistics tell how many rows all tenants have.',
    'activity-literals': 'pg_stat_activity shows the queries of other tenants.',
    'ann-recall-collapse': 'An approximate index is searched before policies filter: small tenants get few rows.',
    'policy-slow': 'A policy keeps an index from being used.',
  }),
];
