/**
 * Rowhouse as a library. Every use case takes its input as arguments and returns data; errors are `RowhouseError`s.
 *
 * @packageDocumentation
 */

export { RowhouseError, type ErrorDetails, type ErrorKind } from './domain/errors.ts';
export { atLeast, severities, type Finding, type Inconclusive, type Severity, type Waived } from './domain/finding.ts';
export {
  outcomeOf,
  type Coverage,
  type MigrationsReport,
  type Outcome,
  type Report,
  type Server,
  type VerifiedRole,
} from './domain/report.ts';

export { parseModel } from './model/parse.ts';
export type { Model, TableModel, ViewModel } from './model/model.ts';
export { readSnapshot } from './catalog/read-snapshot.ts';
export type { CatalogSnapshot } from './catalog/snapshot.ts';
export {
  diffLogicalSnapshots,
  readLogicalSnapshot,
  type LogicalDifference,
  type LogicalSnapshot,
} from './catalog/logical-snapshot.ts';
export { compileIntent } from './intent/compile.ts';
export { contextAssignments, type ContextAssignment } from './intent/context.ts';
export type { Intent, RelationIntent } from './intent/relation-intent.ts';

export { resolveConnection, type Connection } from './postgres/connect.ts';
export { openProject, type Project } from './app/project.ts';
export type { RunRequest } from './app/run.ts';
export { usualPace, type BackfillPace } from './backfill/runner.ts';
export type { OnRunEvent, RunEvent } from './migrate/events.ts';
export type { Migration } from './migrate/project.ts';
export type { Selection } from './migrate/state.ts';
export { migrate, planMigrate } from './app/migrate.ts';
export { readiness, type Readiness } from './app/readiness.ts';
export { planRollback, rollback, type RollbackPlan, type RolledBack, type TenantRowsChoice } from './app/rollback.ts';
export { baseline } from './app/baseline.ts';
export { findEdited, repair, type EditedFile } from './app/repair.ts';
export { history, status, type Status, type StatusEntry } from './app/status.ts';
export { plan, type PlanRequest, type PlanResult } from './app/plan.ts';
export { seed, type SeedOptions, type SeedResult } from './app/seed.ts';
export { importRows } from './app/import-rows.ts';
export { init, type InitFile, type InitRequest } from './app/init.ts';
export { verify, type VerifyOptions, type VerifyProgress } from './app/verify.ts';
export { verifyProject, type VerifyRequest } from './app/verify-project.ts';
export { lintMigrationFiles, type LintMigrationsRequest } from './app/lint-migrations.ts';
export { diffPolicies, type PoliciesDiff, type PolicyDifference } from './app/policies-diff.ts';
export { generateRows, type Generated, type GenerateOptions } from './generate/generate-rows.ts';
export { formatJson } from './report/json.ts';
export { formatGithub } from './report/github.ts';
export { formatMigrationsText } from './report/migrations-text.ts';
export { formatSarif } from './report/sarif.ts';
export { formatText } from './report/text.ts';

export { startEmbeddedServer, type EmbeddedServer, type EmbeddedServerOptions } from './embedded/index.ts';
export { loadLegacyVital } from './demo/vital.ts';
