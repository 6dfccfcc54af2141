import { isInvoker } from '../access/view-path.ts';
import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { quoteQualified } from '../sql/ident.ts';
import type { Target } from './target.ts';

/** The SQL that closes a visible leak, where the catalog alone shows what is open; what a policy should say it cannot know. */
export function fixFor(
  { relation, intent }: Target,
  snapshot: CatalogSnapshot,
  appRole: string,
): { readonly fix?: string } {
  const name = quoteQualified(nameOf(relation));
  if (relation.relkind === 'v') {
    return isInvoker(relation) || snapshot.serverVersionNum < 150000
      ? {}
      : { fix: `alter view ${name} set (security_invoker = true);` };
  }
  if (intent.tenancy === 'none') return {};
  if (!relation.relrowsecurity) {
    return { fix: `alter table ${name} enable row level security;\nalter table ${name} force row level security;` };
  }
  // FORCE binds the owner, and nobody else.
  const exempt = relation.relowner === appRole && !relation.relforcerowsecurity;
  return !exempt ? {} : { fix: `alter table ${name} force row level security;` };
}
