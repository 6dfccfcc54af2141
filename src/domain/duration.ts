const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** Reads a duration in PostgreSQL's units: `500ms`, `2s`, `30min`, `1h`. @returns milliseconds, or null */
export function parseDuration(text: string): number | null {
  const match = /^(\d+)\s*(ms|s|min|h)$/.exec(text.trim());
  const unit = milliseconds[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : null;
}

/** Writes milliseconds for people: `12 ms`, `3.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
