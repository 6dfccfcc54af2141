import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import type { Phase } from '../domain/phase.ts';
import type { FileProblem } from './header.ts';
import { parseSqlFile, statementsOf, type SqlFile } from './sql-file.ts';

/** A migration and its way back. */
export interface Migration {
  readonly number: number;
  /** The file name without `.sql`: the key in the ledger. */
  readonly id: string;
  readonly phase: Phase | null;
  readonly up: SqlFile;
  /** null where the migration says why there is no way back. */
  readonly down: SqlFile | null;
}

const fileName = /^(\d{4,})_([a-z0-9_]+)\.sql$/;

/**
 * Reads `migrations/` and `rollbacks/` and pairs them, in the order of their numbers.
 *
 * @throws RowhouseError `project-invalid` with every problem at once
 */
export async function loadMigrations(directory: string): Promise<Migration[]> {
  const [ups, downs] = await Promise.all([
    readSqlDirectory(directory, 'migrations'),
    readSqlDirectory(directory, 'rollbacks'),
  ]);
  const problems = [...ups.problems, ...downs.problems];
  const byName = new Map(downs.files.map((file) => [nameOf(file), file]));
  const migrations = ups.files.map((up) => toMigration(up, byName.get(nameOf(up)) ?? null));
  const names = new Set(ups.files.map(nameOf));
  for (const { up, down, id } of migrations) {
    for (const file of down ? [up, down] : [up]) {
      problems.push(...file.headerProblems.map((problem) => describeProblem(file.path, problem)));
    }
    if (!down && up.header.irreversible === null) {
      problems.push(
        `${up.path}: rollbacks/${id}.sql is missing: write it, or say why not with \`-- rowhouse: irreversible REASON\``,
      );
    }
    if (down && up.header.irreversible !== null) {
      problems.push(`${up.path}: is called irreversible, yet ${down.path} exists: keep one of them`);
    }
  }
  for (const down of downs.files) {
    if (!names.has(nameOf(down))) problems.push(`${down.path}: no migrations/${nameOf(down)}.sql belongs to it`);
  }
  problems.push(...sameNumber(migrations), ...sameTag(migrations));
  if (problems.length > 0) throw projectError(problems);
  return migrations;
}

/** Parses the SQL of files about to run. @throws RowhouseError `project-invalid` with every problem at once */
export function checkStatements(files: readonly SqlFile[]): void {
  const problems = files.flatMap((file) =>
    statementsOf(file)
      .problems.filter((problem) => !file.headerProblems.includes(problem))
      .map((problem) => describeProblem(file.path, problem)),
  );
  if (problems.length > 0) throw projectError(problems);
}

/** Every `.sql` file of a folder, in order; an absent folder is empty. */
export async function readSqlDirectory(
  directory: string,
  folder: string,
): Promise<{ files: SqlFile[]; problems: string[] }> {
  const names = await readdir(join(directory, folder)).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw projectError([`${folder}: cannot be read as a folder (${code ?? messageOf(error)})`]);
  });
  const sql = names.filter((name) => name.endsWith('.sql')).sort();
  const read = sql.map((name) => readSqlFile(directory, `${folder}/${name}`));
  return {
    files: read.filter((file) => typeof file !== 'string').sort((a, b) => numberOf(a) - numberOf(b)),
    problems: read.filter((problem) => typeof problem === 'string'),
  };
}

/** @returns the file, or why it cannot be one. Read at once: for a thousand small files, their promises are the larger part. */
function readSqlFile(directory: string, path: string): SqlFile | string {
  if (!fileName.test(basename(path))) {
    return `${path}: a file is named NNNN_name.sql, of a-z, 0-9 and _ (such as 0001_tenants.sql)`;
  }
  try {
    const bytes = readFileSync(join(directory, path));
    if (!isUtf8(bytes)) return `${path}: is not text in UTF-8: save it as UTF-8`;
    const text = bytes.toString('utf8');
    // PostgreSQL's parser would take it for the end of the file.
    if (text.includes('\u0000')) return `${path}: holds a NUL byte`;
    return parseSqlFile(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `${path}: cannot be read (${code ?? messageOf(error)})`;
  }
}

/** The name of a file without folder and ending. */
export function nameOf(file: SqlFile): string {
  return file.path.slice(file.path.lastIndexOf('/') + 1, -'.sql'.length);
}

function numberOf(file: SqlFile): number {
  return Number.parseInt(nameOf(file), 10);
}

function toMigration(up: SqlFile, down: SqlFile | null): Migration {
  return { number: numberOf(up), id: nameOf(up), phase: up.header.phase, up, down };
}

function sameNumber(migrations: readonly Migration[]): string[] {
  let last = Math.max(0, ...migrations.map((migration) => migration.number));
  return migrations.flatMap((migration, index) => {
    const previous = migrations[index - 1];
    if (previous?.number !== migration.number) return [];
    last += 1;
    const renumbered = `${String(last).padStart(4, '0')}_${migration.id.replace(/^\d+_/, '')}`;
    return `${migration.up.path}: ${previous.up.path} has the same number. Rename the one that no database has applied, with its rollback, for instance to ${renumbered}.sql`;
  });
}

function sameTag(migrations: readonly Migration[]): string[] {
  const seen = new Map<string, string>();
  return migrations.flatMap(({ up }) => {
    const { tag } = up.header;
    if (tag === null) return [];
    const first = seen.get(tag);
    seen.set(tag, first ?? up.path);
    return first === undefined ? [] : `${up.path}: the tag ${tag} is taken by ${first}`;
  });
}

export function describeProblem(path: string, problem: FileProblem): string {
  const excerpt = problem.detail ? `\n${problem.detail.replace(/^/gm, '    ')}` : '';
  return `${path}:${problem.line}: ${problem.message}${excerpt}`;
}

/** All that is wrong with the files of a project, in one error. */
export function projectError(problems: readonly string[]): RowhouseError {
  const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`;
  return new RowhouseError('configuration', 'project-invalid', `${count} in the project's files; nothing was run.`, {
    detail: problems.join('\n'),
  });
}
