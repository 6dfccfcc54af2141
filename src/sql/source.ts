/** A place in a text, for people: both count from 1, columns in characters as an editor shows them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The place of an offset in UTF-16 units, as JavaScript counts. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 };
}

/** The line of an offset, numbered, with a caret under the place: what an SQL error shows. */
export function excerpt(text: string, offset: number): string {
  const { line, column } = positionAt(text, offset);
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const source = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd);
  const gutter = `${line} | `;
  const indent = [...source].slice(0, column - 1).map((character) => (character === '\t' ? '\t' : ' '));
  return `${gutter}${source}\n${' '.repeat(gutter.length - 2)}| ${indent.join('')}^`;
}

/** PostgreSQL counts characters (code points) from 1; JavaScript counts UTF-16 units from 0. */
export function offsetOfCharacter(text: string, position: number): number {
  let offset = 0;
  for (let character = 1; character < position && offset < text.length; character += 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** libpg-query counts UTF-8 bytes: this maps them to UTF-16 units. */
export function byteOffsets(text: string): (byte: number) => number {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length === text.length) return (byte) => byte;
  return (byte) => bytes.subarray(0, byte).toString('utf8').length;
}
