import type { Report } from '../domain/report.ts';
import { lintRules } from '../lint/index.ts';
import { lint } from '../lint/lint.ts';
import type { Model } from '../model/model.ts';
import { catalogReport, type Catalog, type CatalogRequest, type Judgement } from './catalog-report.ts';

/**
 * Looks for what is wrong in the catalog of a project's database; reads no row of a table.
 *
 * @throws RowhouseError where the model does not fit the database, or it cannot be read
 */
export async function lintProject(request: CatalogRequest): Promise<Report> {
  return await catalogReport(request, {
    name: 'rowhouse lint',
    layers: ['lint'],
    writes: false,
    judge: (catalog) => lintCatalog(catalog, request.project.model),
  });
}

/** What the lint rules say of a catalog. */
export function lintCatalog({ readable, outOfReach, intent }: Catalog, model: Model): Judgement {
  return {
    findings: lint(readable, model, intent),
    // Whichever rule it was: none could look at it.
    inconclusive: outOfReach.map((one) => ({ ruleId: 'rls-disabled', ...one })),
    checks: lintRules.length * model.roles.app.length,
  };
}
