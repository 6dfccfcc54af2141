import type { Table } from './graph.ts';

/** Schemas that hosting platforms bring along, each with tables that tell it from one of the same name. */
const platformSchemas: readonly { readonly schema: RegExp; readonly marks: readonly string[] }[] = [
  { schema: /^auth$/, marks: ['auth.users', 'auth.identities'] },
  { schema: /^storage$/, marks: ['storage.buckets', 'storage.objects'] },
  { schema: /^_?realtime$/, marks: [] },
  { schema: /^(vault|net|cron|pgsodium|graphql|graphql_public|pgbouncer|extensions)$/, marks: [] },
  { schema: /^(supabase_(functions|migrations)|hdb_catalog|_analytics|_timescaledb_.*|partman)$/, marks: [] },
];

/** Tables of the platform that a database is hosted on: not the application's to convert. */
export function platformTables(tables: readonly Table[]): ReadonlySet<Table> {
  const names = new Set(tables.map(({ name }) => `${name.schema}.${name.name}`));
  return new Set(
    tables.filter(({ name }) =>
      platformSchemas.some(({ schema, marks }) => schema.test(name.schema) && marks.every((mark) => names.has(mark))),
    ),
  );
}
