import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { positionAt } from '../sql/source.ts';
import type { MigrationFile } from './file.ts';
import { migrationRules } from './index.ts';
import { learn } from './learn.ts';
import { learnCatalog } from './learn-catalog.ts';
import type { MigrationRule, Observed } from './rule.ts';
import { Schema } from './schema.ts';

/**
 * What files would do to a database that is in use, by their syntax: the migrations in their order, then the rollbacks from
 * the last on, as they would run.
 *
 * @param catalog what the database is before the first of them, where that is known
 */
export function lintMigrations(
  files: readonly MigrationFile[],
  catalog: CatalogSnapshot | null = null,
): readonly Finding[] {
  const schema = new Schema(files, catalog !== null);
  if (catalog !== null) learnCatalog(schema, catalog);
  const ups = files.filter(({ direction }) => direction === 'up');
  const downs = files.filter(({ direction }) => direction === 'down').toReversed();
  const order = [...ups, ...downs];
  return order.flatMap((file, index) => lintFile(file, order.slice(index + 1), schema));
}

function lintFile(file: MigrationFile, later: readonly MigrationFile[], schema: Schema): readonly Finding[] {
  const findings: Finding[] = [];
  const told = new Map<string, number>();
  for (const [index, statement] of file.statements.entries()) {
    const { node } = statement;
    const step = { node, statement, file, index, later, schema };
    for (const rule of file.applied === true ? [] : migrationRules) {
      for (const { at = statement, ...observed } of rule.check(step)) {
        const key = `${rule.id} ${observed.about}`;
        const times = told.get(key) ?? 0;
        told.set(key, times + 1);
        findings.push(toFinding(rule, observed, file, at.offset, times));
      }
    }
    learn(schema, node, file.path);
  }
  return findings;
}

/** The fingerprint knows no line: an edit above moves it. */
function toFinding(
  { id: ruleId, severity, help }: MigrationRule,
  { about, ...observed }: Omit<Observed, 'at'>,
  { path: file, source }: MigrationFile,
  offset: number,
  times: number,
): Finding {
  const { line } = positionAt(source, offset);
  return finding(
    { ruleId, severity, help, object: file, location: { file, line }, evidence: { about }, ...observed },
    times === 0 ? about : `${about} ${times + 1}`,
  );
}
