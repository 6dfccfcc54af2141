import { parseBackfill } from '../backfill/body.ts';
import { nameOf } from '../migrate/project.ts';
import { statementsOf, type SqlFile } from '../migrate/sql-file.ts';
import { workOf, type PendingFile, type Work } from '../preflight/work.ts';

/** What files that are about to run will ask of the database. */
export function pendingWork(files: readonly SqlFile[]): Work {
  return workOf(files.map(pendingFile));
}

function pendingFile(file: SqlFile): PendingFile {
  const { path, source, header } = file;
  if (!header.backfill) return { path, source, statements: statementsOf(file).statements, backfill: null };
  const { target, selfLimiting, rangeColumn } = parseBackfill(path, source);
  const backfill = { name: nameOf(file), target, byPages: selfLimiting && rangeColumn === null };
  return { path, source, statements: [], backfill };
}
