import { RowhouseError } from '../domain/errors.ts';
import { nameOf, readSqlDirectory } from './project.ts';
import type { SqlFile } from './sql-file.ts';

/** Data of one tenant, and the way to take it out again. */
export interface Seed {
  readonly name: string;
  readonly tenant: string;
  readonly up: SqlFile;
  /** null where `seeds/undo/` has no file of that name. */
  readonly undo: SqlFile | null;
}

/**
 * Reads `seeds/` and `seeds/undo/`.
 *
 * @throws RowhouseError `project-invalid` with every problem at once
 */
export async function loadSeeds(directory: string): Promise<Seed[]> {
  const [ups, undos] = await Promise.all([
    readSqlDirectory(directory, 'seeds'),
    readSqlDirectory(directory, 'seeds/undo'),
  ]);
  const byName = new Map(undos.files.map((file) => [nameOf(file), file]));
  const problems = [...ups.problems, ...undos.problems];
  const seeds = ups.files.flatMap((up) => {
    const { tenant } = up.header;
    if (tenant === null) problems.push(`${up.path}: says no tenant: begin it with \`-- rowhouse: tenant ID\``);
    return tenant === null ? [] : { name: nameOf(up), tenant, up, undo: byName.get(nameOf(up)) ?? null };
  });
  for (const { path, header, headerProblems } of [...ups.files, ...undos.files]) {
    problems.push(...headerProblems.map(({ line, message }) => `${path}:${line}: ${message}`));
    if (header.noTransaction || header.backfill) {
      problems.push(`${path}: a seed runs in one transaction: it is neither no-transaction nor a backfill`);
    }
  }
  const names = new Set(ups.files.map(nameOf));
  for (const undo of undos.files) {
    if (!names.has(nameOf(undo))) problems.push(`${undo.path}: no seeds/${nameOf(undo)}.sql belongs to it`);
  }
  if (problems.length > 0) {
    throw new RowhouseError('configuration', 'project-invalid', 'The seeds cannot be read; nothing was run.', {
      detail: problems.join('\n'),
    });
  }
  return seeds;
}
