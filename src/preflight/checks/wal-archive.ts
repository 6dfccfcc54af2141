import { formatBytes } from '../../domain/bytes.ts';
import { usualArchiveBacklog } from '../../domain/wal-limits.ts';
import { ok, warning, type Check } from '../check.ts';
import { known } from '../known.ts';

export const walArchive: Check = {
  id: 'wal-archive',
  looksAt: 'whether WAL is archived as fast as it is written',
  beforeRun: true,
  judge: ({ server: { settings }, archive }) => {
    const { on, fails, waiting } = known(archive);
    if (!on) return ok('WAL is not archived.');
    const much = waiting === null ? '' : `, and ${formatBytes(waiting)} wait${waiting === 1 ? 's' : ''} for it`;
    if (fails) {
      return warning(`Archiving of WAL fails${much}: all that is written stays on the disk.`, {
        advice: "Mend archive_command; the server's log says what is wrong with it.",
        sql: ['select * from pg_stat_archiver;'],
      });
    }
    const command = settings['archive_command']?.value;
    if (command === '' && (settings['archive_library']?.value ?? '') === '') {
      return warning('archive_mode is on and nothing archives: all WAL stays on the disk.', {
        advice: 'Set archive_command or archive_library, or turn archive_mode off.',
      });
    }
    if (waiting !== null && waiting > usualArchiveBacklog) {
      return warning(`Archiving of WAL is ${formatBytes(waiting)} behind.`, {
        advice: 'A backfill waits while it is (--max-archive-backlog).',
      });
    }
    return ok('WAL is archived as it is written.');
  },
};
