/** The items of an array of one dimension as PostgreSQL writes it, NULL for one that is; undefined for any other text. */
export function itemsOf(text: string): readonly (string | null)[] | undefined {
  const [, inner] = /^\{(.*)\}$/s.exec(text) ?? [];
  if (inner === undefined) return undefined;
  if (inner === '') return [];
  // What it skips is not all that JavaScript takes for a space.
  const item =
    /[ \t\n\v\f\r]*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\ \t\n\v\f\r](?:[^",{}\\]*?[^",{}\\ \t\n\v\f\r])?))[ \t\n\v\f\r]*(?:,|$)/sy;
  const found: (string | null)[] = [];
  while (item.lastIndex < inner.length) {
    const [, quoted, bare] = item.exec(inner) ?? [];
    if (quoted !== undefined) found.push(quoted.replace(/\\(.)/gs, '$1'));
    else if (bare !== undefined) found.push(/^null$/i.test(bare) ? null : bare);
    else return undefined;
  }
  return inner.endsWith(',') ? undefined : found;
}

/** An array as PostgreSQL reads it. */
export function writtenArray(items: readonly (string | null)[]): string {
  const quoted = items.map((item) => (item === null ? 'NULL' : `"${item.replace(/["\\]/g, '\\$&')}"`));
  return `{${quoted.join(',')}}`;
}
