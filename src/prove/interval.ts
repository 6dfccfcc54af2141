/** An interval without months: days have as many hours as the zone of the session gives them. */
export interface Interval {
  readonly days: bigint;
  readonly microseconds: bigint;
}

/** So many days to now() are a moment that PostgreSQL has for certain. */
const maxDays = 1_000_000n;

/** An interval as PostgreSQL prints it, `-3 days +04:05:06.7`; undefined for one with months. */
export function intervalOf(text: string): Interval | undefined {
  const parts = /^(?:([+-]?\d{1,9}) days?)?(?:(?:^| )([+-]?)(\d{1,9}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?)?$/.exec(
    text,
  );
  if (text === '' || parts === null) return undefined;
  const [, days = '0', sign = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = parts;
  const time =
    ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  const found = { days: BigInt(days), microseconds: sign === '-' ? -time : time };
  const magnitude = microsecondsOf({ days: found.days < 0n ? -found.days : found.days, microseconds: time });
  return magnitude < maxDays * 86_400_000_000n ? found : undefined;
}

/** As long as it is where all days have 24 hours. */
export function microsecondsOf({ days, microseconds }: Interval): bigint {
  return days * 86_400_000_000n + microseconds;
}
