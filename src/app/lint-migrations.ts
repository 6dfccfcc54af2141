import { performance } from 'node:perf_hooks';
import { parseBackfill } from '../backfill/body.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Finding, IdleWaiver, Severity, Waived } from '../domain/finding.ts';
import { outcomeOf, type MigrationsReport } from '../domain/report.ts';
import type { MigrationFile } from '../lint-migrations/file.ts';
import { migrationRules } from '../lint-migrations/index.ts';
import { lintMigrations } from '../lint-migrations/lint.ts';
import type { Allowance } from '../migrate/header.ts';
import { describeProblem, loadMigrations, projectError, type Migration } from '../migrate/project.ts';
import { readStatements, refusalOf, type SqlFile } from '../migrate/sql-file.ts';
import { positionOf } from '../migrate/state.ts';
import { suggestion } from '../model/suggest.ts';
import type { Connection } from '../postgres/connect.ts';
import { positionAt } from '../sql/source.ts';
import { readCatalog } from './catalog-report.ts';
import { readSituation, withReadOnlySession } from './run.ts';

export interface LintMigrationsRequest {
  /** The folder of the project; it needs no model. */
  readonly directory: string;
  readonly toolVersion: string;
  readonly failOn: Severity;
  /** The last file that has run: a number, a name or an `@tag`. */
  readonly since?: string | undefined;
  /** A database that says which files have run, and what it is. */
  readonly connection?: Connection | undefined;
}

/** A file of the project beside what the lint makes of it. */
interface Judged extends MigrationFile {
  readonly file: SqlFile;
}

/**
 * Looks for what the files of a project would do to a database in use. Reads files alone, and where a database is
 * given its ledger and its catalog.
 *
 * @throws RowhouseError `project-invalid` with every problem at once, `backfill-invalid`, `no-such-file`
 */
export async function lintMigrationFiles(request: LintMigrationsRequest): Promise<MigrationsReport> {
  const started = performance.now();
  const migrations = await loadMigrations(request.directory);
  const { isApplied, catalog } = await readStand(migrations, request);
  const files = judgedFiles(migrations, isApplied);
  const judged = files.filter(({ applied }) => applied !== true);
  // What has run is in the catalog.
  const found = lintMigrations(catalog === null ? files : judged, catalog);
  const { findings, ...waivers } = applyAllowances(found, judged);
  return {
    schemaVersion: 1,
    tool: { name: 'rowhouse', version: request.toolVersion },
    outcome: outcomeOf(findings, [], request.failOn),
    coverage: {
      files: judged.length,
      statements: judged.reduce((sum, { statements }) => sum + statements.length, 0),
      rules: migrationRules.length,
      unseen: judged.flatMap(unseenIn),
    },
    findings,
    inconclusive: [],
    ...waivers,
    durationMs: Math.round(performance.now() - started),
  };
}

/** Where a database stands: which migrations have run, and what it is then; null where nobody says. */
interface Stand {
  readonly isApplied: ((migration: Migration) => boolean) | null;
  readonly catalog: CatalogSnapshot | null;
}

async function readStand(
  migrations: readonly Migration[],
  { since, connection }: LintMigrationsRequest,
): Promise<Stand> {
  if (connection !== undefined) {
    return await withReadOnlySession(connection, 'lint', async ({ client }) => {
      const { recorded } = await readSituation(client, migrations);
      return { isApplied: ({ id }) => recorded.ledger.includes(id), catalog: (await readCatalog(client)).readable };
    });
  }
  if (since === undefined) return { isApplied: null, catalog: null };
  const entries = migrations.map((migration) => ({ id: migration.id, migration }));
  const last = positionOf(entries, since, '--since');
  return { isApplied: (migration) => migrations.indexOf(migration) <= last, catalog: null };
}

/** @throws RowhouseError `project-invalid` where a file is no SQL, or allows what no rule finds */
function judgedFiles(
  migrations: readonly Migration[],
  isApplied: ((migration: Migration) => boolean) | null,
): readonly Judged[] {
  const files = migrations.flatMap((migration) => {
    const { up, down } = migration;
    const applied = isApplied?.(migration) ?? null;
    const rollback = down === null ? [] : [{ ...toMigrationFile(down, 'down', applied), file: down }];
    return [{ ...toMigrationFile(up, 'up', applied), file: up }, ...rollback];
  });
  const problems = files.flatMap(({ file }) =>
    [...readStatements(file).problems, ...unknownRules(file.header.allows)].map((problem) =>
      describeProblem(file.path, problem),
    ),
  );
  if (problems.length > 0) throw projectError(problems);
  for (const { path, source, file } of files) if (file.header.backfill) parseBackfill(path, source);
  return files;
}

/** What the rules look at of a file. */
export function toMigrationFile(
  file: SqlFile,
  direction: MigrationFile['direction'],
  applied: boolean | null,
): MigrationFile {
  const { path, source, header } = file;
  return {
    path,
    source,
    direction,
    applied,
    contract: header.phase === 'contract',
    transactional: !header.noTransaction,
    lockTimeoutMs: header.lockTimeoutMs,
    statements: readStatements(file).statements.map((statement) => ({
      ...statement,
      refusal: refusalOf(statement.node, header) ?? null,
    })),
  };
}

/** One that is misspelt allows nothing, and looks as if it did. */
function unknownRules(allows: readonly Allowance[]): readonly { readonly line: number; readonly message: string }[] {
  const ids = migrationRules.map(({ id }) => id);
  return allows
    .filter(({ rule }) => !ids.includes(rule))
    .map(({ rule, line }) => ({ line, message: `there is no rule ${rule}${suggestion(rule, ids)} of migrations` }));
}

/** Sets aside what a file allows, and names what it allows to no end. */
function applyAllowances(
  found: readonly Finding[],
  files: readonly Judged[],
): Pick<MigrationsReport, 'findings' | 'waived' | 'idleWaivers'> {
  const allows = new Map(files.map(({ path, file }) => [path, file.header.allows]));
  const findings: Finding[] = [];
  const waived: Waived[] = [];
  for (const finding of found) {
    const allowance = allows.get(finding.object)?.find(({ rule }) => rule === finding.ruleId);
    if (allowance === undefined) findings.push(finding);
    else waived.push({ finding, reason: allowance.reason });
  }
  const idleWaivers = [...allows].flatMap(([path, allowances]) =>
    allowances
      .filter(({ rule }) => !found.some(({ object, ruleId }) => object === path && ruleId === rule))
      .map(({ rule: ruleId, reason, line }): IdleWaiver => {
        return { ruleId, object: `${path}:${line}`, reason, endedOn: null, isFound: false };
      }),
  );
  return { findings, waived, idleWaivers };
}

/** What runs SQL that the file does not show as statements. */
function unseenIn({ path, source, statements }: Judged): readonly string[] {
  return statements
    .filter(({ node }) => 'DoStmt' in node || 'CallStmt' in node)
    .map(({ offset }) => `${path}:${positionAt(source, offset).line}`);
}
