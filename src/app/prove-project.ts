import { mergeFindings } from '../domain/finding.ts';
import type { Report } from '../domain/report.ts';
import { catalogReport, type Catalog, type CatalogRequest, type Judgement } from './catalog-report.ts';
import { lintCatalog } from './lint-project.ts';
import { proveLayer } from './prove-layer.ts';
import type { VerifyProgress } from './verify-options.ts';

export interface ProveRequest extends CatalogRequest {
  /** Try counterexamples on the server, each rolled back: for scratch databases. */
  readonly writes: boolean;
  readonly timeLimitMs: number;
  /** Lint beside. */
  readonly lint?: boolean;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Decides by the catalog alone, for every tenant and every row, what the policies of a project's database let pass.
 *
 * @throws RowhouseError where the model does not fit the database, or it cannot be read
 */
export async function proveProject(request: ProveRequest): Promise<Report> {
  const { lint = false, writes } = request;
  return await catalogReport(request, {
    name: 'rowhouse prove',
    layers: lint ? ['lint', 'prove'] : ['prove'],
    writes,
    judge: async (catalog) => {
      const proved = await proveCatalog(catalog, request);
      return together(lint ? [lintCatalog(catalog, request.project.model)] : [], proved);
    },
  });
}

async function proveCatalog(
  { readable, intent }: Catalog,
  { project: { model }, writes, connection, timeLimitMs, onProgress }: ProveRequest,
): Promise<Judgement> {
  const scratch = writes ? connection : null;
  const layer = await proveLayer({ snapshot: readable, model, intent, scratch, timeLimitMs, onProgress });
  return { ...layer, checks: layer.proofs.claims.length };
}

/** Adds what others say of the catalog to the proofs. */
function together(others: readonly Judgement[], proved: Judgement): Judgement {
  const all = [...others, proved];
  return {
    ...proved,
    findings: mergeFindings(all.flatMap(({ findings }) => findings)),
    inconclusive: all.flatMap(({ inconclusive }) => inconclusive),
    checks: all.reduce((sum, { checks }) => sum + checks, 0),
  };
}
