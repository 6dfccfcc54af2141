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

/** libpg-query counts UTF-8 bytes: this maps them to UTF-16 units, those within a character to its start. */
export function byteOffsets(text: string): (byte: number) => number {
  const length = Buffer.byteLength(text);
  if (length === text.length) return (byte) => byte;
  const offsets = new Uint32Array(length + 1);
  let byte = 0;
  let offset = 0;
  for (const character of text) {
    const end = byte + utf8Length(character.codePointAt(0) ?? 0);
    offsets.fill(offset, byte, end);
    byte = end;
    offset += character.length;
  }
  offsets[byte] = offset;
  return (byte) => offsets[byte] ?? text.length;
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
