/** A key's path within the document. */
export type Path = readonly PropertyKey[];

/** One thing that is wrong with the document. */
export interface Problem {
  readonly path: Path;
  /** Whether the key itself is wrong, and not its value. */
  readonly atKey?: boolean;
  /** Follows the path in a sentence: `is required`. */
  readonly message: string;
}

/** `tables[public.tools].share[0].access`: a key that holds a dot stands in brackets. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key, index) => {
      if (typeof key === 'number' || !/^[\w-]+$/.test(String(key))) return `[${String(key)}]`;
      return index === 0 ? String(key) : `.${String(key)}`;
    })
    .join('');
}
