/** A node of a parse tree, as libpg-query tags it: `{ ColumnRef: { fields: […] } }`. */
export interface TaggedNode {
  readonly tag: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Every node of a parse tree, subqueries included. */
export function nodesOf(tree: unknown): readonly TaggedNode[] {
  const found: TaggedNode[] = [];
  collect(tree, found);
  return found;
}

function collect(tree: unknown, found: TaggedNode[]): void {
  if (Array.isArray(tree)) {
    for (const item of tree) collect(item, found);
  } else if (isRecord(tree)) {
    // Not their entries, of which half are words and numbers: a run goes through every statement that is pending.
    for (const tag of Object.keys(tree)) {
      const value = tree[tag];
      if (typeof value !== 'object') continue;
      if (isRecord(value)) found.push({ tag, value });
      collect(value, found);
    }
  }
}

/** The last part of a dotted name in a parse tree: `{ String: { sval } }` each. */
export function lastName(names: unknown): string | undefined {
  return Array.isArray(names) ? nameOf(names.at(-1)) : undefined;
}

/** All parts of such a name. */
export function namesOf(names: unknown): readonly string[] {
  return Array.isArray(names) ? names.map(nameOf).filter((name) => name !== undefined) : [];
}

/** Whether a list of options, such as that in parentheses after VACUUM, has one of this name. */
export function hasOption(options: unknown, name: string): boolean {
  return nodesOf(options).some(({ tag, value }) => tag === 'DefElem' && value['defname'] === name);
}

function nameOf(part: unknown): string | undefined {
  const string = isRecord(part) ? part['String'] : undefined;
  const name = isRecord(string) ? string['sval'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** A list in a parse tree, which leaves out empty ones. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
