import type { ChalkInstance } from 'chalk';
import { formatDuration } from '../../domain/duration.ts';
import type { Migration } from '../../migrate/project.ts';
import type { SqlFile } from '../../migrate/sql-file.ts';
import type { Terminal } from '../terminal.ts';

/** Prints the files that a dry run would run: their SQL, or their names as JSON. */
export function printFiles(
  terminal: Terminal,
  files: readonly SqlFile[],
  json: boolean,
  more: Readonly<Record<string, unknown>> = {},
): void {
  if (json) {
    const list = files.map(({ path, checksum, header }) => ({ path, checksum, phase: header.phase }));
    terminal.write(JSON.stringify({ dryRun: true, files: list, ...more }, null, 2));
    return;
  }
  for (const { path, source } of files) terminal.write(`${terminal.out.bold(`-- ${path}`)}\n${source.trimEnd()}\n`);
  terminal.log(
    files.length === 0 ? 'Nothing would run.' : `${files.length} file${plural(files)} would run. Nothing was written.`,
  );
}

/** A line a file, before a question. */
export function describeMigrations(migrations: readonly Migration[], chalk: ChalkInstance): string {
  const width = Math.max(0, ...migrations.map(({ id }) => id.length));
  return migrations.map(({ id, phase }) => `  ${id.padEnd(width)}  ${chalk.dim(phase ?? '')}`.trimEnd()).join('\n');
}

/** The last word of a run, on stdout. */
export function summarize(
  terminal: Terminal,
  migrations: readonly Migration[],
  options: {
    readonly json: boolean;
    readonly key: 'applied' | 'undone' | 'recorded';
    readonly nothing: string;
    readonly durationMs?: number;
    readonly more?: Readonly<Record<string, unknown>>;
  },
): void {
  const ids = migrations.map((migration) => migration.id);
  const took = options.durationMs === undefined ? '' : ` in ${formatDuration(options.durationMs)}`;
  if (options.json) terminal.write(JSON.stringify({ [options.key]: ids, ...options.more }, null, 2));
  else if (ids.length === 0) terminal.write(options.nothing);
  else terminal.write(`${ids.length} migration${plural(ids)} ${options.key}${took}.`);
}

function plural(list: readonly unknown[]): string {
  return list.length === 1 ? '' : 's';
}
