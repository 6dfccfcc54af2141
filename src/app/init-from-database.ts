import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { suggestion } from '../model/suggest.ts';
import type { Ownership } from '../plan/ownership/decision.ts';
import { findOwnership } from '../plan/ownership/index.ts';
import type { Connection } from '../postgres/connect.ts';
import { formatQualified, parseQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { reading } from './catalog.ts';
import { proposedModel, type ProposalAnswers } from './init-model.ts';
import { sampleOwnership } from './init-sample.ts';

export interface ProposeRequest extends ProposalAnswers {
  readonly connection: Connection;
  /** Where tenancy starts, as `schema.table`, from the highest level to the lowest; what is plain without. */
  readonly roots: readonly string[];
  /** Look at rows too. */
  readonly sample: boolean;
}

export interface Proposal {
  readonly ownership: Ownership;
  /** `rowhouse.yaml`; null where no table is plainly the root. */
  readonly model: string | null;
}

/**
 * Says for each table of a database whose its rows are, and writes the model that says so.
 *
 * @throws RowhouseError `no-such-root`, or where the database cannot be read
 */
export async function proposeModel(request: ProposeRequest): Promise<Proposal> {
  return await reading(request.connection, 'rowhouse init', async (client) => {
    const snapshot = await readSnapshot(client);
    const roots = request.roots.map((text) => findRoot(snapshot, text));
    const found = findOwnership(snapshot, roots);
    const ownership = request.sample ? await sampleOwnership(client, found) : found;
    return { ownership, model: ownership.roots.length === 0 ? null : proposedModel(snapshot, ownership, request) };
  });
}

function findRoot(snapshot: CatalogSnapshot, text: string): QualifiedName {
  const name = parseQualified(text);
  const tables = snapshot.relations
    .filter(({ relkind }) => relkind === 'r' || relkind === 'p')
    .map(({ nspname: schema, relname }) => ({ schema, name: relname }));
  if (name !== null && tables.some((table) => sameName(table, name))) return name;
  throw new RowhouseError(
    'usage',
    'no-such-root',
    `There is no table ${text}${suggestion(text, tables.map(formatQualified))}.`,
    {
      hint: 'Name the table of tenants as schema.table; names with capitals are quoted: \'public."Organization"\'.',
    },
  );
}
