import { findColumn, nameOf, primaryKeyOf, relationsByOid } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { formatQualified, type QualifiedName } from '../sql/ident.ts';

/**
 * The lines of `views`: those that read one table of the model and show whose a row is, by its key or by its tenant.
 * What a view with conditions leaves out of a tenant's own rows is no fault of it.
 */
export function viewLines(
  snapshot: CatalogSnapshot,
  inModel: (table: QualifiedName) => boolean,
  tenantColumnOf: (table: QualifiedName) => string | null,
): string[] {
  const lines = snapshot.relations.flatMap((view) => {
    const base = view.relkind === 'v' ? baseOf(snapshot, view) : undefined;
    if (base === undefined || !inModel(nameOf(base))) return [];
    const tenant = tenantColumnOf(nameOf(base));
    const shows = (columns: readonly string[]): boolean =>
      columns.length > 0 && columns.every((name) => findColumn(view, name)?.type === findColumn(base, name)?.type);
    if (!shows(primaryKeyOf(snapshot, base)) && (tenant === null || !shows([tenant]))) return [];
    const complete = isPlain(view.definition ?? '') ? '' : ', complete: false';
    return [
      `  ${JSON.stringify(formatQualified(nameOf(view)))}: { of: ${JSON.stringify(formatQualified(nameOf(base)))}${complete} }`,
    ];
  });
  return lines.length === 0
    ? []
    : ['', '# Views that show the rows of one table, bound by the same rules.', 'views:', ...lines];
}

/** The one table that a view reads. */
function baseOf(snapshot: CatalogSnapshot, { dependsOn }: Relation): Relation | undefined {
  const [only] = dependsOn;
  const base = dependsOn.length === 1 && only !== undefined ? relationsByOid(snapshot).get(only) : undefined;
  return base?.relkind === 'r' || base?.relkind === 'p' ? base : undefined;
}

/** Whether a view shows every row of its table. */
function isPlain(definition: string): boolean {
  return !/\b(where|join|limit|offset|distinct|group by|having|union|except|intersect)\b/i.test(definition);
}
