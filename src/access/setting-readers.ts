import type { CatalogSnapshot, Routine } from '../catalog/snapshot.ts';
import { withoutAssignments } from '../sql/setting.ts';

/** Whether the text of a function reads a setting, or calls one that does. */
export function readsSetting(snapshot: CatalogSnapshot, setting: string, { proname }: Routine): boolean {
  return readersOf(snapshot, setting).has(proname);
}

const readers = new WeakMap<CatalogSnapshot, Map<string, ReadonlySet<string>>>();

/** The names of the functions whose text asks for a setting, or calls one of these: a column may have such a name too. */
export function readersOf(snapshot: CatalogSnapshot, setting: string): ReadonlySet<string> {
  const bySetting = readers.get(snapshot) ?? new Map<string, ReadonlySet<string>>();
  readers.set(snapshot, bySetting);
  const known = bySetting.get(setting) ?? findReaders(snapshot, setting);
  bySetting.set(setting, known);
  return known;
}

function findReaders(snapshot: CatalogSnapshot, setting: string): ReadonlySet<string> {
  const { functions } = snapshot;
  const texts = functions.map(({ proname, prosrc }) => {
    const text = withoutAssignments(prosrc, setting).toLowerCase();
    return { proname, text, called: new Set(text.match(/[\w$]+(?="?\s*\()/g)) };
  });
  const direct = texts.filter(({ text }) => text.includes(setting.toLowerCase()));
  const found = new Set(direct.map(({ proname }) => proname));
  const callers = (name: string): readonly string[] =>
    texts.filter(({ called }) => called.has(name.toLowerCase())).map(({ proname }) => proname);
  // A set that grows while it is walked is walked to its end.
  for (const name of found) for (const caller of callers(name)) found.add(caller);
  return found;
}
