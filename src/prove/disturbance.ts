import { derived } from '../catalog/derived.ts';
import type { CatalogSnapshot, Routine } from '../catalog/snapshot.ts';

/** A SET or RESET as a statement, also within a text that is executed. */
const set = /(?:^|[;'"$]|\b(?:begin|then|else|loop))\s*(?:re)?set\s+(?!constraints\b)/i;

const comments = /--[^\n]*|\/\*.*?\*\//gs;

/** Whether a function may change the session, so that what is asked after it is asked by another context. */
export function mayDisturb(snapshot: CatalogSnapshot, { oid }: Routine): boolean {
  return disturbers(snapshot).has(oid);
}

/** Those whose text sets something, that we cannot read, or that call one of these, by its name. */
const disturbers = derived(({ functions }): ReadonlySet<number> => {
  const calls = functions.map(({ prosrc }) => new Set(prosrc.toLowerCase().match(/[\w$]+(?="?\s*\()/g)));
  const found = new Set(functions.filter(disturbs).map(({ oid }) => oid));
  const names = new Set(functions.filter(({ oid }) => found.has(oid)).map(({ proname }) => proname.toLowerCase()));
  // A set that grows while it is walked is walked to its end.
  for (const name of names) {
    functions.forEach(({ oid, proname }, index) => {
      if (calls[index]?.has(name) !== true) return;
      found.add(oid);
      names.add(proname.toLowerCase());
    });
  }
  return found;
});

function disturbs({ lanname, prosrc, prokind }: Routine): boolean {
  if (prokind === 'a' || prokind === 'w') return false;
  return (
    (lanname !== 'sql' && lanname !== 'plpgsql') ||
    /\bset_config\b/i.test(prosrc) ||
    [prosrc, prosrc.replace(comments, ' ')].some((text) => set.test(text))
  );
}
