/** Documents that are made at most. */
const limit = 24;

/**
 * JSON documents with a value in each of some places, for every choice of values as far as there are not too many.
 *
 * @param places the keys that lead to a place, as a JSON text, and the values for it, the best first
 */
export function documentsWith(places: ReadonlyMap<string, readonly string[]>, base: object): readonly string[] {
  let documents: readonly object[] = [base];
  for (const [place, values] of places) {
    const keys = JSON.parse(place) as readonly string[];
    const leaves = values.flatMap((value) => leavesOf(value));
    documents = documents.flatMap((document) => leaves.map((leaf) => placed(document, keys, leaf))).slice(0, limit);
  }
  return [...new Set(documents.map((document) => JSON.stringify(document)))];
}

/** A text, and what it may stand for: `->>` reads all of them the same. */
function leavesOf(text: string): readonly unknown[] {
  if (text === 'true' || text === 'false') return [text === 'true', text];
  if (/^-?\d{1,15}(\.\d+)?$/.test(text)) return [Number(text), text];
  return [text];
}

function placed(within: unknown, [key, ...rest]: readonly string[], leaf: unknown): object {
  if (key === undefined) return Object(within) as object;
  if (/^\d{1,2}$/.test(key) && (within === undefined || Array.isArray(within))) {
    const list: unknown[] = Array.isArray(within) ? [...(within as unknown[])] : [];
    while (list.length < Number(key)) list.push(null);
    list[Number(key)] = rest.length === 0 ? leaf : placed(list[Number(key)], rest, leaf);
    return list;
  }
  const record = typeof within === 'object' && within !== null && !Array.isArray(within) ? within : {};
  const inner = (record as Readonly<Record<string, unknown>>)[key];
  return { ...record, [key]: rest.length === 0 ? leaf : placed(inner, rest, leaf) };
}
