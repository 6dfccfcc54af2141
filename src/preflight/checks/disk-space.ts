import { formatBytes } from '../../domain/bytes.ts';
import { ok, refused, unknown, warning, type Check } from '../check.ts';
import type { Facts, FreeSpace, Place } from '../facts.ts';
import { known } from '../known.ts';
import { roomOf, type Room } from '../room.ts';
import { bytesOf } from './settings.ts';

/** Less than a server writes by itself all the time: four segments of WAL. */
const negligible = 64 * 2 ** 20;
/** Others write too. */
const comfort = 1.5;

export const diskSpace: Check = {
  id: 'disk-space',
  looksAt: 'the room on the disks against what backfills, index builds and rewrites will take, with their WAL',
  beforeRun: true,
  judge: (facts) => {
    const room = roomOf(known(facts.work), known(facts.relations));
    const tables = [...room.tables.values()].reduce((sum, bytes) => sum + bytes, 0);
    const wal = keptWal(facts, room);
    const needed = tables + wal;
    if (needed === 0) return ok('Nothing that is pending takes room.');
    const need = `About ${formatBytes(needed)} will be taken: ${formatBytes(tables)} by tables and indexes, ${formatBytes(wal)} by WAL`;
    if (!('value' in facts.freeSpace)) {
      if (needed < negligible) return ok(`${need}.`);
      return unknown(`${need}. How much is free cannot be seen from here: ${facts.freeSpace.reason}.`, {
        advice: `Look on the server, or where its provider shows it, and go on with --skip-checks disk-space.`,
        sql: ['df -h "$PGDATA" "$PGDATA/pg_wal"'],
      });
    }
    const devices = demands(room, wal, facts.freeSpace.value);
    const details = devices.map(
      ({ place, needed: wanted }) =>
        `${place.path}: ${formatBytes(wanted)} of ${formatBytes(place.free)} that are free`,
    );
    const tightest = Math.min(...devices.map(({ place, needed: wanted }) => place.free / wanted));
    if (tightest < 1) {
      return refused(`${need}, and there is not so much.`, {
        details,
        advice: 'Make room, or run the files one by one (`migrate --steps 1`), with a VACUUM of the table in between.',
      });
    }
    if (tightest < comfort) return warning(`${need}, and little more is free.`, { details });
    return ok(`${need}; ${formatBytes(Math.min(...devices.map(({ place }) => place.free)))} are free.`);
  },
};

/** WAL goes with the next checkpoints, unless something keeps it. */
function keptWal({ server, replication, archive }: Facts, { wal }: Room): number {
  const dead = 'value' in replication && replication.value.slots.some(({ active }) => !active);
  const stuck = 'value' in archive && archive.value.fails;
  const most = bytesOf(server.settings['max_wal_size']);
  return dead || stuck || most === null ? wal : Math.min(wal, 2 * most);
}

/** What is needed of each device: tables and WAL may share one. */
function demands(
  room: Room,
  wal: number,
  space: FreeSpace,
): readonly { readonly place: Place; readonly needed: number }[] {
  const byDevice = new Map<number, { place: Place; needed: number }>();
  const add = (place: Place | undefined, bytes: number): void => {
    if (place === undefined || bytes === 0) return;
    const known = byDevice.get(place.device);
    byDevice.set(place.device, { place: known?.place ?? place, needed: (known?.needed ?? 0) + bytes });
  };
  for (const [tablespace, bytes] of room.tables) add(space.tables.get(tablespace), bytes);
  add(space.wal, wal);
  return [...byDevice.values()];
}
