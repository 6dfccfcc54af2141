import { toMigrationFile } from '../../src/app/lint-migrations.ts';
import { placeOf } from '../../src/domain/finding.ts';
import type { MigrationFile } from '../../src/lint-migrations/file.ts';
import { lintMigrations } from '../../src/lint-migrations/lint.ts';
import { parseSqlFile } from '../../src/migrate/sql-file.ts';

/** A file; under `rollbacks/` it leads back. */
export function fileOf(path: string, text: string, applied: boolean | null = null): MigrationFile {
  return toMigrationFile(parseSqlFile(path, text), path.startsWith('rollbacks/') ? 'down' : 'up', applied);
}

/** What is found in files that run one after the other, as `rule place`. */
export function found(texts: string | Readonly<Record<string, string>>, applied: boolean | null = null): string[] {
  const named = typeof texts === 'string' ? { 'migrations/0001_a.sql': texts } : texts;
  const files = Object.entries(named).map(([path, text]) => fileOf(path, text, applied));
  return lintMigrations(files).map((one) => `${one.ruleId} ${placeOf(one)}`);
}
