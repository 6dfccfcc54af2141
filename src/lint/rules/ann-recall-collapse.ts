import type { CatalogSnapshot, Extension, Index } from '../../catalog/snapshot.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import { indexesByTable } from '../global-keys.ts';
import type { LintRule } from '../rule.ts';
import { objectOf } from '../wording.ts';

/** The approximate indexes of pgvector, and how each goes on searching until enough rows have passed the filter. */
const iterativeScan: ReadonlyMap<string, string> = new Map([
  ['hnsw', 'strict_order'],
  ['ivfflat', 'relaxed_order'],
]);

export const annRecallCollapse: LintRule = {
  id: 'ann-recall-collapse',
  severity: 'info',
  summary: 'An approximate index is searched before policies filter: a small tenant gets fewer rows than it asks for.',
  help: 'It loses rows and shows none. Let the search go on until enough rows pass (pgvector 0.8 and later), give large tenants a partial index each, or partition the table by tenant; then compare with the exact answer, per tenant.',
  examples: [],
  *check({ snapshot, role, commonTables }) {
    for (const { relation, intent } of commonTables) {
      // A partition is most often that of one tenant, or of a few.
      if (intent.tenantColumn === null || relation.relispartition || relation.relkind === 'p') continue;
      for (const index of indexesByTable(snapshot).get(relation.oid) ?? []) {
        const order = iterativeScan.get(index.amname);
        if (order === undefined || isOfATenant(index, intent.tenantColumn)) continue;
        const setting = `${index.amname}.iterative_scan`;
        if (isPreset(snapshot, role, setting)) continue;
        yield {
          object: objectOf(relation),
          aspect: index.relname,
          message: `${formatIdent(index.relname)} finds the nearest rows of all tenants, and policies take away those of others: a tenant with few rows may get none`,
          ...(canIterate(snapshot.extensions) && {
            fix: `alter role ${quoteIdent(role)} set ${setting} = '${order}';`,
          }),
        };
      }
    }
  },
};

function isOfATenant({ indpred }: Index, tenantColumn: string): boolean {
  return indpred?.includes(formatIdent(tenantColumn)) ?? false;
}

/** What a session sets for itself, the catalog does not tell. */
function isPreset({ roleSettings }: CatalogSnapshot, role: string, setting: string): boolean {
  return roleSettings.some(
    ({ rolname, setconfig }) =>
      (rolname === null || rolname === role) &&
      setconfig.some((item) => item.startsWith(`${setting}=`) && item !== `${setting}=off`),
  );
}

function canIterate(extensions: readonly Extension[]): boolean {
  const version = extensions.find(({ extname }) => extname === 'vector')?.extversion ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 0 || minor >= 8;
}
