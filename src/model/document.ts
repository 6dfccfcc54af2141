import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import type { Position } from '../sql/source.ts';
import type { Path } from './problem.ts';

/** A YAML text with the places of its keys and values. */
export interface YamlDocument {
  readonly value: unknown;
  /** What makes it no YAML; where there is any, `value` is not to be trusted. */
  readonly syntaxErrors: readonly { readonly position: Position; readonly message: string }[];
  /** The place of a value, or of its key; of the nearest part that is there where the path leads to nothing. */
  locate(path: Path, atKey: boolean): Position;
}

/** Reads YAML, and keeps numbers that are ids as they are written: 9007199254740993 and 007 stay themselves. */
export function readYaml(text: string): YamlDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const position = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  keepIds(document);
  return {
    value: document.errors.length > 0 ? undefined : document.toJS(),
    syntaxErrors: document.errors.map((error) => ({ position: position(error.pos[0]), message: error.message })),
    locate: (path, atKey) => position(offsetOf(document, path, atKey)),
  };
}

function keepIds(document: Document): void {
  visit(document, {
    Pair(_, { key, value }) {
      const isId = isScalar(key) && (key.value === 'platform' || key.value === 'constant');
      if (isId && isScalar(value) && typeof value.value === 'number' && value.source !== undefined) {
        value.value = value.source;
      }
    },
  });
}

function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, key] of path.entries()) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    const last = index === path.length - 1;
    if (isMap(container)) {
      const pair = container.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      node = pair.value;
      // A value that is left out has no place: its key has one.
      const start = last && !atKey ? startOf(node) : undefined;
      offset = start ?? startOf(pair.key) ?? offset;
    } else if (isSeq(container) && typeof key === 'number') {
      node = container.items[key];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range && range[0] < range[1] ? range[0] : undefined;
}
