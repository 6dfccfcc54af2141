import { findRelation, foreignKeysOf, nameOf, rowKeyOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { sourceOf } from './attribution.ts';
import { definerFunctions } from './definer-functions.ts';
import { globalKeysOf } from './global-keys.ts';
import { formerTables } from './policies.ts';
import { referencesOf } from './references.ts';
import { isFilled, type Situation, type TenantTable } from './situation.ts';
import { rewrittenBy } from './triggers.ts';
import type { Note } from './step.ts';
import { tenantMatviews } from './views.ts';

/** What a plan leaves as it is, and somebody should know of. */
export function findNotes(situation: Situation): readonly Note[] {
  const { model, snapshot } = situation;
  return [
    ...globalKeysOf(situation).notes,
    ...referencesOf(situation).unguarded.map(({ child, parent, key }) => ({
      object: formatQualified(nameOf(child.relation)),
      message: `${key.columns.join(', ')} may point at any row of ${formatQualified(nameOf(parent.relation))}, which belongs to the tenants of its rows here: a policy that asked would recurse`,
    })),
    ...formerTables(situation).map(({ relation }) => ({
      object: formatQualified(nameOf(relation)),
      message:
        'an earlier model gave its rows to tenants: the policies go, and its column, NOT NULL and keys that hold the tenant stay until somebody drops them',
    })),
    ...situation.tables.flatMap((tenant) => otherTenants(situation, tenant)),
    ...situation.tables.filter(isFilled).flatMap((tenant) => laterOwners(situation, tenant)),
    ...situation.tables.filter(isFilled).flatMap((tenant) =>
      rewrittenBy(snapshot, tenant)
        .filter(({ is_instead }) => !is_instead)
        .map(({ rulename }) => ({
          object: formatQualified(nameOf(tenant.relation)),
          message: `the backfill sets off its rule ${rulename}, which nothing keeps quiet: what that writes stays after a rollback`,
        })),
    ),
    ...situation.tables
      .filter((tenant) => isFilled(tenant) && !tenant.isNew && rowKeyOf(snapshot, tenant.relation).length === 0)
      .map(({ relation, column }) => ({
        object: formatQualified(nameOf(relation)),
        message: `it has no key to know rows by: those without ${column ?? 'a tenant'} keep after a rollback what the backfill gives them`,
      })),
    ...tenantMatviews(situation)
      .filter(({ relowner }) => !isExempt(snapshot, relowner))
      .map((view) => ({
        object: formatQualified(nameOf(view)),
        message: `REFRESH runs as its owner ${view.relowner}, whom the policies are going to bind: let it belong to a role that may see all rows`,
      })),
    ...definerFunctions(situation)
      .filter(({ kind }) => kind === 'asks')
      .map(({ routine, tables }) => ({
        object: routine.signature,
        message: `it reads ${tables.join(', ')} past the policies, and asks for the session's tenant or a secret itself: \`rowhouse verify\` judges it`,
      })),
    ...model.roles.app
      .filter((role) => model.tables.some(({ table }) => findRelation(snapshot, table)?.relowner === role))
      .map((role) => ({
        object: `role:${role}`,
        message:
          'it owns tables, and an owner turns row-level security off at will: let the application log in as another role',
      })),
    ...model.tables
      .filter(({ tenancy }) => tenancy === 'schema')
      .map(({ table }) => ({
        object: formatQualified(table),
        message: 'one schema a tenant: nothing to convert',
      })),
  ];
}

function isExempt(snapshot: CatalogSnapshot, role: string): boolean {
  return snapshot.roles.some(({ rolname, rolsuper, rolbypassrls }) => rolname === role && (rolsuper || rolbypassrls));
}

/** A key to the tenants beside the one that says whose a row is: rows that join two of them are meant to. */
function otherTenants({ snapshot, tables }: Situation, { relation, column }: TenantTable): Note[] {
  const root = tables.find(({ table }) => table.tenancy === 'root');
  if (root === undefined || relation.relispartition) return [];
  return foreignKeysOf(snapshot, relation, root.relation)
    .filter(({ columns }) => column === null || !columns.includes(column))
    .map(({ columns }) => ({
      object: formatQualified(nameOf(relation)),
      message: `${columns.join(', ')} may name another tenant than the row's own, which no key and no policy forbids: \`rowhouse verify\` calls that fk-crosses-tenants until a waiver says that it is meant`,
    }));
}

/** No row points at a new one yet: what code adds without a tenant after the backfill has none. */
function laterOwners(situation: Situation, tenant: TenantTable): Note[] {
  const source = sourceOf(situation, tenant);
  const backward = source?.kind === 'ways' ? source.ways.filter(({ join }) => join.backward) : [];
  return backward.map(({ parent }) => ({
    object: formatQualified(nameOf(tenant.relation)),
    message: `a row that code adds without a tenant after the backfill gets one only when it is written again, once a row of ${formatQualified(parent.table.table)} points at it: NOT NULL finds those that have none`,
  }));
}
