import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { suggestion } from '../model/suggest.ts';
import type { Ownership } from '../plan/ownership/decision.ts';
import { findOwnership } from '../plan/ownership/index.ts';
import type { Connection } from '../postgres/connect.ts';
import { formatQualified, parseQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { reading } from './catalog.ts';
import { answerDoubts, type AnswerDoubt } from './init-doubts.ts';
import { proposedModel, type ProposalAnswers } from './init-model.ts';
import { sampleOwnership } from './init-sample.ts';

export interface ProposeRequest extends ProposalAnswers {
  readonly connection: Connection;
  /** Where tenancy starts, as `schema.table`, from the highest level to the lowest; what is plain without. */
  readonly roots: readonly string[];
  /** Look at rows too. */
  readonly sample: boolean;
  /** Asks somebody about each doubt; without, they stay questions in the model. */
  readonly answer?: AnswerDoubt | undefined;
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
  const { snapshot, found } = await reading(request.connection, 'rowhouse init', async (client) => {
    const read = await readSnapshot(client);
    const roots = request.roots.map((text) => findRoot(read, text));
    const owners = findOwnership(read, roots);
    return { snapshot: read, found: request.sample ? await sampleOwnership(client, owners) : owners };
  });
  if (found.roots.length === 0) return { ownership: found, model: null };
  // Whoever is asked may take their time: nothing is held open meanwhile.
  const ownership = request.answer ? await answerDoubts(snapshot, found, request.answer) : found;
  return { ownership, model: proposedModel(snapshot, ownership, request) };
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
