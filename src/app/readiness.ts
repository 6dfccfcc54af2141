import { readBackfills, type BackfillState } from '../backfill/state.ts';
import { RowhouseError } from '../domain/errors.ts';
import { loadMigrations, type Migration } from '../migrate/project.ts';
import { statementsOf } from '../migrate/sql-file.ts';
import { assertNoDrift } from '../migrate/state.ts';
import type { Model } from '../model/model.ts';
import { isRowhouseSchemaCurrent } from '../postgres/rowhouse-schema.ts';
import type { Session } from '../postgres/session.ts';
import { formatIdent, formatQualified, mayMean } from '../sql/ident.ts';
import { locksTaken } from '../sql/locks.ts';
import { countAttribution, findUnattributed, type AttributionCount } from '../tenants/attribution-counts.ts';
import { findTenantTables, ownedTables, type OwnedTable } from '../tenants/tenant-table.ts';
import { readSituation, withReadOnlySession, type RunRequest } from './run.ts';

/** Whether the contract phase may begin, and what speaks against it. */
export interface Readiness {
  readonly ready: boolean;
  /** Files of the phases before it that are not applied. */
  readonly pending: readonly string[];
  /** Backfills that have begun and are not done. */
  readonly backfills: readonly BackfillState[];
  readonly tables: readonly AttributionCount[];
}

/** Counts every row of the tables whose rows are all to have a tenant. Reads only. */
export async function readiness({
  project,
  connection,
}: Pick<RunRequest, 'project' | 'connection'>): Promise<Readiness> {
  const migrations = await loadMigrations(project.directory);
  return withReadOnlySession(connection, 'backfill finalize', async ({ client }) => {
    const { entries } = await readSituation(client, migrations);
    assertNoDrift(entries);
    const pending = entries
      .filter(
        ({ state, phase }) => (state === 'pending' || state === 'partial') && phase !== null && phase !== 'contract',
      )
      .map(({ id }) => id);
    const backfills = (await isRowhouseSchemaCurrent(client)) ? await readBackfills(client) : [];
    const tables = await countAttribution(client, await findTenantTables(client, boundTables(project.model)));
    const attributed = tables.every(({ unattributed, unknown }) => unattributed === 0 && unknown === 0);
    return { ready: pending.length === 0 && backfills.length === 0 && attributed, pending, backfills, tables };
  });
}

/**
 * Refuses to begin the contract phase of tables that have rows without a tenant: what comes would fail on them, or hide
 * them from everybody.
 *
 * @throws RowhouseError `rows-unattributed`
 */
export async function assertAttributed(
  client: Session['client'],
  model: Model,
  contract: readonly Migration[],
): Promise<void> {
  const locked = contract.flatMap(({ up }) => statementsOf(up).statements.flatMap(({ node }) => locksTaken(node)));
  const concerned = boundTables(model).filter((table) => locked.some(({ relation }) => mayMean(relation, table)));
  const found = await findUnattributed(client, await findTenantTables(client, concerned));
  const [first] = found;
  if (first === undefined) return;
  const counts = await countAttribution(client, found);
  throw new RowhouseError(
    'database',
    'rows-unattributed',
    'The contract phase was not begun: there are rows without a tenant, which nobody would see after it.',
    {
      detail: counts
        .map(
          ({ table, column, unattributed }) =>
            `${formatQualified(table)}: ${unattributed} row${unattributed === 1 ? '' : 's'} with no ${formatIdent(column)}`,
        )
        .join('\n'),
      hint: `Give them a tenant and run the same command again. Where none is right, say \`nulls: shared\` in ${model.path}. See \`rowhouse backfill finalize\`.`,
    },
  );
}

/** The table of tenants, and those whose rows are all to have one. */
function boundTables(model: Model): readonly OwnedTable[] {
  const open = new Set(
    model.tables.flatMap((table) =>
      table.tenancy === 'row' && table.nulls === 'shared' ? formatQualified(table.table) : [],
    ),
  );
  return ownedTables(model).filter((table) => !open.has(formatQualified(table)));
}
