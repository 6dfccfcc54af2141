import { ok, refused, unknown, type Check } from '../check.ts';
import { known } from '../known.ts';

export const synchronousStandby: Check = {
  id: 'synchronous-standby',
  looksAt: 'whether commits wait for a standby that is not there',
  beforeRun: true,
  judge: ({ server: { settings }, replication }) => {
    const names = settings['synchronous_standby_names']?.value ?? '';
    const level = settings['synchronous_commit']?.value ?? '';
    if (names.trim() === '' || level === 'off' || level === 'local') return ok('Commits wait for no standby.');
    const { replicas, visible } = known(replication);
    if (!visible) {
      return unknown('Commits wait for a standby, and this role may not see whether it is there.', {
        advice: 'Grant pg_read_all_stats to the role.',
      });
    }
    const needed = Number(/^\s*(?:first|any)?\s*(\d+)\s*\(/i.exec(names)?.[1] ?? 1);
    const there = replicas.filter(({ synchronous }) => synchronous).length;
    if (there >= needed) return ok(`Commits wait for ${needed} of ${there} standbys, which are connected.`);
    return refused(
      `Commits wait for ${needed} standby${needed === 1 ? '' : 's'}, and ${there} of those in synchronous_standby_names ${there === 1 ? 'is' : 'are'} connected: the first one would hang.`,
      {
        details: [`synchronous_standby_names = ${names}`],
        advice: 'Bring the standby back, or do without it for now.',
        sql: ["alter system set synchronous_standby_names = '';", 'select pg_reload_conf();'],
      },
    );
  },
};
