import { RowhouseError } from '../domain/errors.ts';
import type { AppliedFile } from './history.ts';
import { phases, type Phase } from '../domain/phase.ts';
import type { Migration } from './project.ts';
import type { Direction, Progress, StartedBackfill } from './progress.ts';

/** What a database knows of a project: the ledger, and what is half done. */
export interface Recorded {
  /** Names in the order in which they were applied. */
  readonly ledger: readonly string[];
  readonly files: ReadonlyMap<string, AppliedFile>;
  /** Files that are half done, and in which direction. */
  readonly partial: ReadonlyMap<string, Direction>;
  /** How far no-transaction files came. */
  readonly progress: readonly Progress[];
  /** Backfills that have begun, with the text of their files then. */
  readonly backfills: readonly StartedBackfill[];
}

/**
 * - `applied`, `pending`: as the words say
 * - `partial`: begun and not finished; the next run resumes it
 * - `edited`: applied, and its file has changed since
 * - `deleted`: applied or begun, and its file is gone
 * - `inserted`: not applied, though a later one is
 */
export type EntryState = 'applied' | 'pending' | 'partial' | 'edited' | 'deleted' | 'inserted';

export interface Entry {
  readonly id: string;
  readonly state: EntryState;
  readonly phase: Phase | null;
  /** null where the file is gone. */
  readonly migration: Migration | null;
}

/** Files and database, side by side, in the order of the files. */
export function compare(migrations: readonly Migration[], recorded: Recorded): Entry[] {
  const applied = new Set(recorded.ledger);
  const known = new Map(migrations.map((migration) => [migration.id, migration]));
  const last = Math.max(-1, ...recorded.ledger.map((id) => known.get(id)?.number ?? numberOf(id)));
  const entries = migrations.map((migration): Entry => {
    const { id, phase, number } = migration;
    const state = stateOf(migration, recorded, applied.has(id), number < last);
    return { id, state, phase, migration };
  });
  const deleted = [...new Set([...recorded.ledger, ...recorded.partial.keys()])]
    .filter((id) => !known.has(id))
    .map((id): Entry => ({ id, state: 'deleted', phase: null, migration: null }));
  return [...entries, ...deleted].sort((a, b) => numberOf(a.id) - numberOf(b.id));
}

function stateOf(migration: Migration, recorded: Recorded, applied: boolean, overtaken: boolean): EntryState {
  if (recorded.partial.has(migration.id)) return 'partial';
  if (!applied) return overtaken ? 'inserted' : 'pending';
  const file = recorded.files.get(migration.id);
  return file === undefined || file.checksum === migration.up.checksum ? 'applied' : 'edited';
}

function numberOf(id: string): number {
  return Number.parseInt(id, 10);
}

/** Refuses to go on where files and database disagree about the past. @throws RowhouseError `drift` */
export function assertNoDrift(entries: readonly Entry[]): void {
  const lines = entries.flatMap(({ id, state }) => {
    if (state === 'edited') return `migrations/${id}.sql: was edited after it was applied`;
    if (state === 'deleted') return `migrations/${id}.sql: was applied or begun, and the file is gone`;
    if (state === 'inserted') return `migrations/${id}.sql: is not applied, though a later file is`;
    return [];
  });
  if (lines.length === 0) return;
  throw new RowhouseError(
    'drift',
    'drift',
    'The files and the database disagree about what was applied; nothing was run.',
    {
      detail: lines.join('\n'),
      hint: 'Bring the file back from version control; write a change as a new file; renumber a late one after the last applied. `rowhouse repair` accepts an edited file after showing the difference.',
    },
  );
}

export interface Selection {
  /** Stop after this file (going up), or keep it as the last one applied (going down): a number, a name, or `@tag`; `0` is the start. */
  readonly to?: string | undefined;
  readonly steps?: number | undefined;
  readonly all?: boolean | undefined;
  readonly phase?: Phase | undefined;
}

/** What `migrate` runs: the pending files in order, up to `to`, `steps`, or the end of `phase`. */
export function selectUp(entries: readonly Entry[], selection: Selection): Migration[] {
  let pending = entries.filter((entry) => entry.state === 'pending' || entry.state === 'partial');
  if (selection.phase !== undefined) {
    const limit = phases.indexOf(selection.phase);
    const beyond = pending.findIndex((entry) => entry.phase !== null && phases.indexOf(entry.phase) > limit);
    if (beyond !== -1) pending = pending.slice(0, beyond);
  }
  if (selection.to !== undefined) {
    const target = positionOf(entries, selection.to);
    pending = pending.filter((entry) => entries.indexOf(entry) <= target);
  }
  return migrationsOf(pending.slice(0, selection.steps));
}

/**
 * What `rollback` undoes, last first: down to `to` (which stays), `steps` files, everything from `phase` on, or all.
 * Without any of them one file.
 */
export function selectDown(entries: readonly Entry[], selection: Selection): Migration[] {
  let applied = entries.filter((entry) => entry.state !== 'pending' && entry.state !== 'inserted').reverse();
  if (selection.phase !== undefined) {
    const limit = phases.indexOf(selection.phase);
    const before = applied.findIndex((entry) => entry.phase !== null && phases.indexOf(entry.phase) < limit);
    if (before !== -1) applied = applied.slice(0, before);
  } else if (selection.to !== undefined) {
    const target = positionOf(entries, selection.to);
    applied = applied.filter((entry) => entries.indexOf(entry) > target);
  } else if (selection.all !== true) {
    applied = applied.slice(0, selection.steps ?? 1);
  }
  const gone = applied.find((entry) => entry.migration === null);
  if (gone) {
    throw new RowhouseError(
      'drift',
      'drift',
      `migrations/${gone.id}.sql was applied or begun, and the file is gone; nothing was run.`,
      {
        hint: 'Bring it and its rollback back from version control.',
      },
    );
  }
  return migrationsOf(applied);
}

function migrationsOf(entries: readonly Entry[]): Migration[] {
  return entries.flatMap((entry) => entry.migration ?? []);
}

/** The position of the file that an option names; -1 is before the first. @throws RowhouseError `no-such-file` */
export function positionOf(
  entries: readonly Pick<Entry, 'id' | 'migration'>[],
  to: string,
  option: '--to' | '--since' = '--to',
): number {
  if (/^0+$/.test(to)) return -1;
  const position = entries.findIndex(({ id, migration }) => {
    if (to.startsWith('@')) return migration?.up.header.tag === to.slice(1);
    return /^\d+$/.test(to) ? numberOf(id) === Number(to) : id === to.replace(/\.sql$/, '');
  });
  if (position !== -1) return position;
  const tags = entries.flatMap(({ migration }) => migration?.up.header.tag ?? []);
  throw new RowhouseError('usage', 'no-such-file', `${option} ${to}: there is no such migration or tag.`, {
    hint: `Give a number (12), a name (0012_name) or a tag${tags.length > 0 ? ` (${tags.map((tag) => `@${tag}`).join(', ')})` : ''}; 0 is the start.`,
  });
}
