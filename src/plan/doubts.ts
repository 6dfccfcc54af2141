import { findRelation, nameOf, uniqueKeysOf } from '../catalog/lookup.ts';
import { formatQualified, sameName } from '../sql/ident.ts';
import { written } from '../sql/written.ts';
import { leadsToOne, sourceOf, tenantOfRow, type Way } from './attribution.ts';
import { undecidedFunctions } from './definer-functions.ts';
import { isDescribed, mayRead } from './grants.ts';
import { findTenantTable, isFilled, isHeir, type Situation, type TenantTable } from './situation.ts';
import type { Doubt } from './step.ts';
import { rewrittenBy } from './triggers.ts';
import { isWaived } from './waived.ts';
import { blindReaders, isOwnerBound, missingViews, ownersViews, securityInvoker, tenantMatviews } from './views.ts';

/** What the model and the catalog leave open: a plan would have to guess. */
export function findDoubts(situation: Situation): readonly Doubt[] {
  return [
    ...undescribed(situation),
    ...situation.tables.filter((one) => !isHeir(one)).flatMap((one) => unfilled(situation, one)),
    ...situation.tables.filter(isFilled).flatMap((one) => rewritten(situation, one)),
    ...oldViews(situation),
    ...openMatviews(situation),
    ...blindViews(situation),
    ...undecidedFunctions(situation).map(({ routine, tables }) => ({
      object: routine.signature,
      message: `the application may call it, and it reads ${tables.join(', ')} with the rights of ${routine.proowner}, whom no policy binds`,
      hint: 'Say under `functions`: `rights: caller`, or `rights: none` where the application does not call it. Or let it ask for the tenant itself; a waiver of function-definer keeps it as it is.',
    })),
  ];
}

/** No policy binds a materialized view. */
function openMatviews(situation: Situation): Doubt[] {
  const { model, snapshot } = situation;
  const absent = model.closedMatviews
    .filter((name) => findRelation(snapshot, name)?.relkind !== 'm')
    .map((name) => ({
      object: formatQualified(name),
      message: 'there is no such materialized view',
      hint: 'Mend its name under `matviews`.',
    }));
  const open = tenantMatviews(situation)
    .filter(
      (view) => mayRead(situation, view) && !isWaived(situation, 'matview-exposed', formatQualified(nameOf(view))),
    )
    .filter((view) => !model.closedMatviews.some((name) => sameName(name, nameOf(view))))
    .map((view) => ({
      object: formatQualified(nameOf(view)),
      message: 'the application may read it, and it holds rows of all tenants: no policy binds a materialized view',
      hint: 'Say `access: none` under `matviews`, and give the application a view of it that asks for the tenant; a waiver of matview-exposed keeps it open.',
    }));
  return [...absent, ...open];
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
  const doubt = (message: string, hint: string): Doubt[] => [
    { object: formatQualified(nameOf(relation)), message, hint },
  ];
  if (table.tenancy !== 'row') return [];
  if (table.owner.kind === 'through') {
    const { path } = table.owner;
    const parent = situation.model.tables.find((one) => sameName(one.table, path.table));
    return parent?.tenancy === 'none'
      ? doubt(
          `its rows are as visible as those of ${formatQualified(parent.table)}, where the application has no business: it would see none`,
          'Name another table under `through`, or say `tenancy: none` of this one too.',
        )
      : [];
  }
  if (column === null) return [];
  if (table.backfill === null) {
    if (!isNew) return [];
    return doubt(
      `it has no column ${written(column)}, and the model does not say where the tenant of its rows comes from`,
      'Say `backfill: { parent: … }`, `{ pair: … }`, `{ json: … }` or `{ constant: … }`.',
    );
  }
  if (!isFilled(tenant)) return [];
  if (table.backfill.kind === 'parent') {
    const ownerless = table.backfill.paths.find((path) => findTenantTable(situation, path.table) === undefined);
    if (ownerless !== undefined) {
      return doubt(
        `its tenant is to come from ${formatQualified(ownerless.table)}, whose rows have none by the model`,
        'Name a parent whose rows have tenants, or say what else this table is.',
      );
    }
  }
  const source = sourceOf(situation, tenant);
  if (source === undefined && table.backfill.kind === 'pair') {
    return doubt(
      'a table of its pair has rows of no tenants, or no primary key of one column',
      'Name only tables whose rows have tenants under `pair`.',
    );
  }
  return isNew && source?.kind === 'ways'
    ? source.ways.flatMap((way) => withoutEnd(situation, tenant, way, doubt))
    : [];
}

/** A rule that does something else in the place of an UPDATE leaves the rows without a tenant. */
function rewritten({ snapshot }: Situation, tenant: TenantTable): Doubt[] {
  return rewrittenBy(snapshot, tenant)
    .filter(({ is_instead }) => is_instead)
    .map(({ rulename }) => ({
      object: formatQualified(nameOf(tenant.relation)),
      message: `its rule ${rulename} does something else in the place of what the backfill says`,
      hint: 'Make a trigger of it, or disable it until the backfill is done.',
    }));
}

/** Why a way does not lead each row to one tenant. */
function withoutEnd(
  situation: Situation,
  { relation }: TenantTable,
  way: Way,
  doubt: (message: string, hint: string) => Doubt[],
): Doubt[] {
  const parent = formatQualified(way.parent.table.table);
  if (way.parent.relation === relation) {
    return doubt('its rows would be filled from its own rows', 'Name a parent that leads to the tenants.');
  }
  if (!leadsToOne(situation, way)) {
    const { by } = way.join;
    const key = uniqueKeysOf(situation.snapshot, way.parent.relation).find(
      (one) => by.every((column) => one.includes(column)) && !one.includes(way.parent.column ?? ''),
    );
    return doubt(
      `several rows of ${parent} may point at one of its rows, each of another tenant`,
      key === undefined
        ? `Name a parent that a foreign key of the table leads to; or make ${by.map(written).join(', ')} of ${parent} unique.`
        : `Say all of its key: \`parent: { table: ${parent}, on: { ${key.map((column) => `…: ${written(column)}`).join(', ')} } }\`.`,
    );
  }
  if (tenantOfRow(situation, way.parent, 'parent') === null) {
    return doubt(
      `its tenant cannot be read from one row of ${parent}`,
      'Name a parent that holds the tenant in a column.',
    );
  }
  return [];
}

/** From PostgreSQL 15 on a view is to read with the rights of its reader. */
function blindViews(situation: Situation): Doubt[] {
  if (situation.snapshot.serverVersionNum < securityInvoker) return [];
  return blindReaders(situation).map(({ view, role, hidden }) => ({
    object: formatQualified(nameOf(view)),
    message: `${role} reads it, and may not read ${formatQualified(nameOf(hidden))} itself: with the rights of its reader, as policies want it, each query would fail`,
    hint: `\`grant select (…)\` on the columns that it shows. A waiver of view-definer leaves it as it is, with the rights of ${view.relowner}.`,
  }));
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
