import { join, resolve } from 'node:path';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { loadMigrations, type Migration } from '../migrate/project.ts';
import { compileIntent } from '../intent/compile.ts';
import type { Phase } from '../domain/phase.ts';
import { assertReversible, runMigration } from '../migrate/run-file.ts';
import { droppedColumns, touchesWalls } from '../migrate/walls.ts';
import { selectDown, type Selection } from '../migrate/state.ts';
import type { Model } from '../model/model.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import type { Session } from '../postgres/session.ts';
import { formatQualified, mayMean, quoteQualified, sameName } from '../sql/ident.ts';
import type { ExportManifest } from '../tenants/export.ts';
import { removeTenantRows } from '../tenants/remove-rows.ts';
import {
  keepTenantContent,
  readTenantContent,
  type KeptContent,
  type TenantContent,
} from '../tenants/tenant-content.ts';
import {
  countTenantRows,
  describeTenantRows,
  findTenantTables,
  ownedTables,
  readTenantIds,
  type OwnedTable,
  type TenantRows,
  type TenantTable,
} from '../tenants/tenant-table.ts';
import { checkBefore } from './check-before.ts';
import {
  assertRunnable,
  readSituation,
  withCheckedRun,
  withReadOnlySession,
  type RunRequest,
  type Situation,
} from './run.ts';

/** What to do with the rows of tenants that the way back has no place for; `keep` where they were together before, too. */
export interface TenantRowsChoice {
  readonly action: 'refuse' | 'export' | 'delete' | 'keep';
  /** The tenant whose rows stay, where the model names no platform. */
  readonly keep?: string | undefined;
  /** The folder of an export; one with the time in its name otherwise. */
  readonly folder?: string | undefined;
  /** Whether what tenant columns say is kept in side tables before they are dropped; it is unless told otherwise. */
  readonly sideTables?: boolean | undefined;
}

/** How long the removal of rows waits for writers, before it is tried again. */
const lockTimeoutMs = 500;

export interface RolledBack {
  readonly migrations: readonly Migration[];
  /** Where the rows of other tenants were written to. */
  readonly exported: { readonly folder: string; readonly manifest: ExportManifest } | null;
  /** Rows of other tenants that were removed. */
  readonly removed: readonly TenantRows[];
  /** What the dropped tenant columns said. */
  readonly kept: readonly KeptContent[];
}

/** What `rollback` would do. */
export interface RollbackPlan {
  readonly migrations: readonly Migration[];
  /** Rows of other tenants that stand in its way. */
  readonly inTheWay: readonly TenantRows[];
  /** What goes with the tenant columns that it drops. */
  readonly lost: readonly TenantContent[];
  /** Why it would not begin, where nothing says whose rows stay. */
  readonly refusal: RowhouseError | null;
}

/**
 * Undoes applied files, last first.
 *
 * Without the tenant column or its policies, the rows of several tenants would be everybody's: it refuses while more
 * than one tenant has rows, unless told what to do with them, or that they were together before.
 */
export async function rollback(
  request: RunRequest,
  selection: Selection,
  choice: TenantRowsChoice,
): Promise<RolledBack> {
  const { model, directory } = request.project;
  const look = async (session: Session, situation: Situation) => {
    const migrations = prepare(situation, selection);
    await checkBefore(
      request,
      session,
      migrations.flatMap(({ down }) => down ?? []),
    );
    return { migrations, situation };
  };
  return withCheckedRun(request, 'rollback', look, async (run, { migrations, situation }) => {
    const { client } = run.session;
    const onRetry = (retry: Retry) => {
      run.onEvent({ type: 'retrying', name: 'rows of other tenants', ...retry });
    };
    const guarded = choice.action !== 'keep' && touchesTenancy(migrations);
    const others = guarded ? await otherTenantsRows(client, model, choice.keep) : null;
    let exported: RolledBack['exported'] = null;
    if (others && others.rows.length > 0) {
      if (choice.action === 'refuse') throw refusal('usage', others.rows, 'it was not begun');
      const folder = resolve(choice.folder ?? join(directory, 'tenant-rows', timestamp()));
      const manifest = await retrying(
        run.session,
        { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry },
        () =>
          removeTenantRows(client, others.tables, others.keep, {
            exportTo: choice.action === 'export' ? folder : null,
            lockTimeoutMs,
            toolVersion: request.actor.toolVersion,
          }),
      );
      exported = manifest && { folder, manifest };
      // Whatever happens next, these rows are nowhere else.
      if (exported) run.onEvent({ type: 'notice', message: `The rows of other tenants are in ${folder} now.` });
    }
    if (others) await assertNoIndirectRows(client, model, others.keep);
    const kept =
      choice.sideTables === false
        ? []
        : await keepTenantContent(
            client,
            await lostContent(client, model, migrations),
            new Date().toISOString().replaceAll(/\D/g, ''),
          );
    for (const { table, column, keptIn } of kept) {
      const message = `${formatQualified(table)}: what ${column} says is kept in ${formatQualified(keptIn)}.`;
      run.onEvent({ type: 'notice', message });
    }
    run.onEvent({ type: 'planned', names: migrations.map((migration) => migration.id) });
    let phase: Phase | null = null;
    const undoAll = async (): Promise<void> => {
      for (const migration of migrations) {
        // Between our look and this phase a tenant may have written again.
        if (migration.phase !== phase && migration.phase !== null && others) {
          await assertOneTenant(client, others, migration);
        }
        phase = migration.phase;
        await runMigration(run, migration, 'down', { recorded: situation.recorded.ledger.includes(migration.id) });
      }
    };
    await undoAll().catch(async (error: unknown) => {
      await dropNeedless(client, kept, run.onEvent).catch(() => undefined);
      throw error;
    });
    return { migrations, exported, removed: others?.rows ?? [], kept };
  });
}

/** Connects read-only and writes nothing. */
export async function planRollback(
  request: Pick<RunRequest, 'project' | 'connection'>,
  selection: Selection,
  choice: TenantRowsChoice,
): Promise<RollbackPlan> {
  const files = await loadMigrations(request.project.directory);
  return withReadOnlySession(request.connection, 'rollback --dry-run', async ({ client }) => {
    const migrations = prepare(await readSituation(client, files), selection);
    const guarded = choice.action !== 'keep' && touchesTenancy(migrations);
    const { model } = request.project;
    const lost = await lostContent(client, model, migrations);
    try {
      const others = guarded ? await otherTenantsRows(client, model, choice.keep) : null;
      return { migrations, inTheWay: others?.rows ?? [], lost, refusal: null };
    } catch (error) {
      if (!(error instanceof RowhouseError)) throw error;
      return { migrations, inTheWay: [], lost, refusal: error };
    }
  });
}

function prepare({ entries }: Situation, selection: Selection): readonly Migration[] {
  const migrations = selectDown(entries, selection);
  assertReversible(migrations);
  assertRunnable(migrations.flatMap((migration) => migration.down ?? []));
  return migrations;
}

/** An ordinary change means nothing to tenancy, unless its way back takes a wall down. */
function touchesTenancy(migrations: readonly Migration[]): boolean {
  return migrations.some(({ phase, down }) => down !== null && touchesWalls(down, phase !== null));
}

/** What goes with the tenant columns that the ways back of these files drop. */
async function lostContent(
  client: Session['client'],
  model: Model,
  migrations: readonly Migration[],
): Promise<readonly TenantContent[]> {
  const dropped = droppedColumns(migrations.flatMap(({ down }) => down ?? []));
  const isDropped = (table: OwnedTable): boolean =>
    dropped.some((one) => one.column === table.column && mayMean(one, table));
  const wanted = ownedTables(model).filter((table) => !table.root && isDropped(table));
  return wanted.length === 0 ? [] : readTenantContent(client, await findTenantTables(client, wanted));
}

/** Where a rollback has stopped, the columns that are still there need no copy, which the next try would make anew. */
async function dropNeedless(
  client: Session['client'],
  kept: readonly KeptContent[],
  onEvent: RunRequest['onEvent'],
): Promise<void> {
  const columns = kept.map(({ table, column }) => ({ ...table, column, root: false }));
  const standing = await findTenantTables(client, columns);
  for (const { table, keptIn } of kept.filter((one) => standing.some((found) => sameName(found, one.table)))) {
    await client.query(`drop table ${quoteQualified(keptIn)}`);
    onEvent({
      type: 'notice',
      message: `${formatQualified(table)} has its column: ${formatQualified(keptIn)} is dropped.`,
    });
  }
}

interface Others {
  readonly tables: readonly TenantTable[];
  readonly keep: string;
  readonly rows: readonly TenantRows[];
}

/** The rows of all tenants but the one that stays; null where at most one tenant has rows at all. */
async function otherTenantsRows(client: Session['client'], model: Model, keepWanted?: string): Promise<Others | null> {
  const tables = await findTenantTables(client, ownedTables(model));
  const counts = await countTenantRows(client, tables);
  const present = [...new Set(counts.map((count) => count.tenant))];
  const keep = keepWanted ?? model.tenants.platform ?? (present.length <= 1 ? present[0] : undefined);
  if (keep === undefined) {
    if (present.length === 0) return null;
    throw new RowhouseError(
      'usage',
      'keep-tenant-missing',
      `${present.length} tenants have rows, and nothing says whose stay.`,
      {
        detail: describeTenantRows(counts),
        hint: 'Say it with --keep-tenant ID, together with --tenant-rows export or delete; or, where these rows were together before the conversion too, --tenant-rows keep.',
      },
    );
  }
  if (counts.length > 0) await assertKnownTenant(client, tables, keep, present);
  return { tables, keep, rows: counts.filter((count) => count.tenant !== keep) };
}

/** Whoever mistypes the tenant to keep would lose the rows of all. @throws RowhouseError `unknown-tenant` */
async function assertKnownTenant(
  client: Session['client'],
  tables: readonly TenantTable[],
  keep: string,
  present: readonly string[],
): Promise<void> {
  const known = new Set([...present, ...(await readTenantIds(client, tables))]);
  if (known.has(keep)) return;
  throw new RowhouseError(
    'usage',
    'unknown-tenant',
    `There is no tenant ${keep} whose rows could stay; nothing was run.`,
    {
      hint: `--keep-tenant, or tenants.platform of the model, is one of: ${[...known].slice(0, 20).join(', ')}.`,
    },
  );
}

/**
 * Rows whose tenant is no column of theirs can be counted, and not exported.
 *
 * @throws RowhouseError `tenant-rows-indirect`
 */
async function assertNoIndirectRows(client: Session['client'], model: Model, keep: string): Promise<void> {
  const indirect = model.tables.filter((table) => table.tenancy === 'row' && table.owner.kind !== 'column');
  if (indirect.length === 0) return;
  const intent = compileIntent(model, await readSnapshot(client), { partial: true });
  const lines: string[] = [];
  for (const { table } of indirect) {
    const relation = intent.relations.find((candidate) => sameName(candidate, table));
    if (relation === undefined) continue;
    const { rows } = await client.query<{ count: string }>(
      `select pg_catalog.count(*) as count from ${quoteQualified(table)} as t where ${relation.foreign}`,
      [keep],
    );
    const count = Number(rows[0]?.count ?? 0);
    if (count > 0) lines.push(`${formatQualified(table)}: ${count} row${count === 1 ? '' : 's'}`);
  }
  if (lines.length === 0) return;
  throw new RowhouseError(
    'usage',
    'tenant-rows-indirect',
    'Other tenants have rows in tables that hold no tenant column, and after this rollback everybody would see them.',
    {
      detail: lines.join('\n'),
      hint: 'Remove them by hand: which tenant they belong to is not in the rows, so they are not exported.',
    },
  );
}

async function assertOneTenant(client: Session['client'], { tables, keep }: Others, next: Migration): Promise<void> {
  const stillThere = await findTenantTables(client, tables);
  const rows = (await countTenantRows(client, stillThere)).filter((count) => count.tenant !== keep);
  if (rows.length > 0) throw refusal('database', rows, `it stopped before ${next.id}`);
}

function refusal(kind: 'usage' | 'database', rows: readonly TenantRows[], consequence: string): RowhouseError {
  const tenants = new Set(rows.map((row) => row.tenant)).size;
  return new RowhouseError(
    kind,
    'tenant-rows',
    `${tenants} more tenant${tenants === 1 ? ' has' : 's have'} rows, and after this rollback everybody would see them; ${consequence}.`,
    {
      detail: describeTenantRows(rows),
      hint: '--tenant-rows export writes them to files and removes them (`rowhouse import` brings them back); --tenant-rows delete removes them for good; --tenant-rows keep leaves them together, as they were before the conversion.',
    },
  );
}

function timestamp(): string {
  return new Date()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
}
