import Table from 'cli-table3';
import { formatDuration } from '../../domain/duration.ts';
import type { RecordedLock } from '../../migrate/lock-recorder.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from './table.ts';

/** The locks of a run, in the order in which they were taken. */
export function renderLocks(locks: readonly RecordedLock[], { out: chalk }: Terminal): string {
  if (locks.length === 0) return 'No lock that others could wait for was taken on a relation that was there before.';
  const heads = ['statement', 'relation', 'lock', 'held', 'others wait for', ''];
  const table = new Table({ ...plainTable, head: heads.map((text) => chalk.bold(text)) });
  for (const { file, line, relation, mode, heldMs, keepsFrom, rewritten } of locks) {
    const waits = keepsFrom === 'reading' ? 'reading and writing' : (keepsFrom ?? 'nothing');
    table.push([
      `${file}:${line}`,
      relation,
      mode,
      formatDuration(heldMs),
      waits,
      rewritten ? chalk.red('rewritten') : '',
    ]);
  }
  return table.toString();
}
