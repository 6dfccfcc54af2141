const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Writes a number of bytes for people, in PostgreSQL's units: `12 kB`, `3.4 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : String(Math.round(value))} ${units[unit] ?? ''}`;
}
