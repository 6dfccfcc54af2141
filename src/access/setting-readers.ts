import type { CatalogSnapshot, Routine } from '../catalog/snapshot.ts';
import { withoutAssignments, withoutNullTests } from '../sql/setting.ts';

/** Whether the text of a function reads a setting, or calls one that does. */
export function readsSetting(snapshot: CatalogSnapshot, setting: string, { proname }: Routine): boolean {
  return readersOf(snapshot, setting).has(proname);
}

/** Whether the text of a function asks whom a setting names, or calls one that does: whether it names anybody is another question. */
export function asksWhose(snapshot: CatalogSnapshot, setting: string, { proname }: Routine): boolean {
  return known(whose, snapshot, setting, withoutNullTests).has(proname);
}

/** The names of the functions whose text asks for a setting, or calls one of these: a column may have such a name too. */
export function readersOf(snapshot: CatalogSnapshot, setting: string): ReadonlySet<string> {
  return known(readers, snapshot, setting, (text) => text);
}

type Known = WeakMap<CatalogSnapshot, Map<string, ReadonlySet<string>>>;
const readers: Known = new WeakMap();
const whose: Known = new WeakMap();

function known(
  all: Known,
  snapshot: CatalogSnapshot,
  setting: string,
  asking: (text: string) => string,
): ReadonlySet<string> {
  const bySetting = all.get(snapshot) ?? new Map<string, ReadonlySet<string>>();
  all.set(snapshot, bySetting);
  const names = bySetting.get(setting) ?? findReaders(snapshot, setting, asking);
  bySetting.set(setting, names);
  return names;
}

function findReaders(
  { functions }: CatalogSnapshot,
  setting: string,
  asking: (text: string) => string,
): ReadonlySet<string> {
  const texts = functions.map(({ proname, prosrc }) => {
    const text = asking(withoutAssignments(prosrc, setting)).toLowerCase();
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
