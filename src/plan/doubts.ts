import { findRelation, nameOf } from '../catalog/lookup.ts';
import { formatQualified } from '../sql/ident.ts';
import { mentions } from '../sql/mentions.ts';
import { written } from '../sql/written.ts';
import { sourceOf, tenantOfRow } from './attribution.ts';
import { globalKeysOf } from './global-keys.ts';
import { isDescribed } from './grants.ts';
import type { Situation, TenantTable } from './situation.ts';
import type { Doubt, Note } from './step.ts';
import { isOwnerBound, missingViews, ownersViews, securityInvoker, tenantMatviews } from './views.ts';

/** What the model and the catalog leave open: a plan would have to guess. */
export function findDoubts(situation: Situation): readonly Doubt[] {
  return [
    ...undescribed(situation),
    ...situation.tables.flatMap((one) => unfilled(situation, one)),
    ...oldViews(situation),
  ];
}

/** Tables beside those of the model: nobody has said whose their rows are. Schemas of which it names no table are somebody else's. */
function undescribed(situation: Situation): Doubt[] {
  const { model, snapshot } = situation;
  const schemas = new Set(model.tables.map(({ table }) => table.schema));
  return snapshot.relations
    .filter((relation) => ['r', 'p', 'f'].includes(relation.relkind) && schemas.has(relation.nspname))
    .filter((relation) => !isDescribed(situation, relation))
    .map((relation) => ({
      object: formatQualified(nameOf(relation)),
      message: 'the model does not say whose its rows are',
      hint: 'Name it under `tables`; `tenancy: none` where the application has no business there.',
    }));
}

function unfilled(situation: Situation, tenant: TenantTable): Doubt[] {
  const { table, column, isNew, relation } = tenant;
  if (table.tenancy !== 'row' || column === null || !isNew) return [];
  const doubt = (message: string, hint: string): Doubt[] => [
    { object: formatQualified(nameOf(relation)), message, hint },
  ];
  if (table.backfill === null) {
    return doubt(
      `it has no column ${written(column)}, and the model does not say where the tenant of its rows comes from`,
      'Say `backfill: { parent: … }`, `{ json: … }` or `{ constant: … }`.',
    );
  }
  const source = sourceOf(situation, tenant);
  if (source?.kind !== 'parent') return [];
  if (source.parent.relation === relation) {
    return doubt('its rows would be filled from its own rows', 'Name a parent that leads to the tenants.');
  }
  if (source.join.backward || tenantOfRow(situation, source.parent, 'parent') === null) {
    return doubt(
      `its tenant cannot be read from one row of ${formatQualified(source.parent.table.table)}`,
      'Name a parent that a foreign key of the table leads to, and that holds the tenant in a column.',
    );
  }
  return [];
}

/** Before PostgreSQL 15 a view reads with its owner's rights, whatever is said. */
function oldViews(situation: Situation): Doubt[] {
  if (situation.snapshot.serverVersionNum >= securityInvoker) return [];
  const open = ownersViews(situation).filter((view) => !isOwnerBound(situation, view));
  const hint =
    'Give it to a role that row-level security binds, take it away from the application, or run PostgreSQL 15.';
  return [
    ...open.map((view) => ({
      object: formatQualified(nameOf(view)),
      message: `it reads rows of tenants with the rights of ${view.relowner}, whom no policy binds`,
      hint,
    })),
    ...missingViews(situation).map(({ view }) => ({
      object: formatQualified(view),
      message: 'a view that is made here would read with the rights of whoever runs the migration',
      hint: 'Make it by hand, owned by a role that row-level security binds, or run PostgreSQL 15.',
    })),
  ];
}

/** What a plan leaves as it is, and somebody should know of. */
export function findNotes(situation: Situation): readonly Note[] {
  const { model, snapshot } = situation;
  const reads = (routine: (typeof snapshot.functions)[number]): boolean =>
    model.tables.some(({ table }) => mentions(routine.prosrc, table.name));
  return [
    ...globalKeysOf(situation).notes,
    ...tenantMatviews(situation).map((view) => ({
      object: formatQualified(nameOf(view)),
      message:
        'it holds rows of all tenants, and no policy binds a materialized view: take it away from the application',
    })),
    ...snapshot.functions
      .filter((routine) => routine.prosecdef && routine.rettype !== 'trigger' && reads(routine))
      .map(({ signature }) => ({
        object: signature,
        message:
          'it runs with the rights of its owner: if the policies do not bind that one, it has to ask for the tenant itself',
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
