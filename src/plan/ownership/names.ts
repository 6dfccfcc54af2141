/** The words of an identifier, in lower case: `organizationId` and `organization_id` are the same two. */
export function wordsOf(identifier: string): readonly string[] {
  return identifier
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

const irregular = new Map([
  ['people', 'person'],
  ['children', 'child'],
]);

/** A word in the singular, for comparing: what it makes need not be a word, but is the same for both, as of `warehouse` and `movies`. */
export function singular(word: string): string {
  if (word.length < 4) return word;
  return (irregular.get(word) ?? word)
    .replace(/^(.{2,})ies?$/, '$1y')
    .replace(/yses$/, 'ysis')
    .replace(/(ch|sh|x|z|s)es?$/, '$1')
    .replace(/([^sui])s$/, '$1');
}

/** Words in the singular, joined: `user_accounts`, `userAccount` and `UserAccounts` are the same. */
export function normalized(words: readonly string[]): string {
  return words.map(singular).join('_');
}

/** What a table and its key are called together: `tenant_record_id` for `tenants (record_id)`. */
export function nameWithKey({ words, key }: Named): string {
  return normalized([...words, ...wordsOf(key?.attname ?? '')]);
}

interface Named {
  readonly words: readonly string[];
  readonly key: { readonly attname: string } | null;
}

/** Words at the end of a column that say that it holds an id. */
const idWords = new Set(['id', 'uuid', 'uid', 'guid', 'key', 'fk', 'pk', 'ref', 'no', 'nr', 'code']);

/** What a column is the id of: `[owner, team]` for `ownerTeamId`; null where its name does not end as an id's. */
export function stemOf(column: string): readonly string[] | null {
  const words = wordsOf(column);
  const [last] = words.slice(-1);
  if (last === undefined || words.length < 2) return glued(words[0]);
  return idWords.has(last) ? words.slice(0, -1) : null;
}

/** Of a name in one word, such as `storeid`. */
function glued(word: string | undefined): readonly string[] | null {
  const match = /^(.{3,})(?:uuid|id)$/.exec(word ?? '');
  return match?.[1] === undefined ? null : [match[1]];
}

/** Whether a word stands for a longer one: `org` for `organization`. */
export function abbreviates(short: string, long: string): boolean {
  return short.length >= 3 && short.length < long.length && long.startsWith(short);
}
