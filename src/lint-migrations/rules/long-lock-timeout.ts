import { formatDuration, parseDuration } from '../../domain/duration.ts';
import type { MigrationRule } from '../rule.ts';
import { settingOf } from '../statements.ts';

/** Longer than that, and those who queue up behind a waiting statement fill the pool of connections. */
const longest = 5000;

export const longLockTimeout: MigrationRule = {
  id: 'long-lock-timeout',
  severity: 'warning',
  summary: 'A statement may wait for a lock for longer than five seconds.',
  help: 'Whoever comes after a statement that waits for a strong lock waits behind it, readers too. A short timeout costs a retry, which Rowhouse does with a growing pause; leave it at 500ms, or say a few seconds at the most.',
  examples: [
    {
      bad: '-- rowhouse: lock-timeout 1min\nalter table public.orders add column note text;',
      good: '-- rowhouse: lock-timeout 2s\nalter table public.orders add column note text;',
    },
    { bad: 'set lock_timeout = 0;', good: "set lock_timeout = '1s';" },
  ],
  *check({ node, file, index }) {
    if (index === 0 && isLong(file.lockTimeoutMs)) yield { about: 'lock-timeout', message: waits(file.lockTimeoutMs) };
    const { name, value } = settingOf(node) ?? {};
    if (name !== 'lock_timeout' || value === undefined) return;
    const ms = parseDuration(/^\d+$/.test(value) ? `${value}ms` : value);
    if (ms !== null && isLong(ms)) yield { about: name, message: waits(ms) };
  },
};

/** PostgreSQL takes 0 for as long as it takes. */
function isLong(ms: number): boolean {
  return ms === 0 || ms > longest;
}

function waits(ms: number): string {
  return `others wait behind its statements for ${ms === 0 ? 'as long as it takes' : `up to ${formatDuration(ms)}`}`;
}
