import { scanTokens } from '../sql/parse.ts';

const longest = 110;

/** Words before which a long statement goes on in a line of its own. */
const breaks = /^(add|alter|validate|foreign|references|for|when|execute|check|using|with|as)$/i;

/** A statement of one line, over several where it is too long for one to read. */
export function laidOut(statement: string): string {
  if (statement.length <= longest || statement.includes('\n')) return statement;
  let depth = 0;
  const places: number[] = [];
  for (const { text, start } of scanTokens(statement)) {
    if (text === ')') depth -= 1;
    if (depth === 0 && start > 0 && breaks.test(text)) places.push(start);
    if (text === '(') depth += 1;
  }
  const lines: string[] = [];
  let begun = 0;
  places.forEach((place, at) => {
    const next = places[at + 1] ?? statement.length;
    // As few lines as hold it: broken only where the next part would not fit.
    if (next - begun > longest - 2) {
      lines.push(statement.slice(begun, place).trimEnd());
      begun = place;
    }
  });
  return [...lines, statement.slice(begun)].filter((line) => line !== '').join('\n  ');
}

/** A list between two texts, on lines of its own where it is too long for one. */
export function listed(items: readonly string[], before: string, after: string): string {
  const inline = `${before}${items.join(', ')}${after}`;
  if (inline.length <= longest) return inline;
  const lines = items.reduce<readonly string[]>((filled, item) => {
    const last = filled.at(-1);
    const fits = last !== undefined && last.length + item.length <= longest - 5;
    return fits ? [...filled.slice(0, -1), `${last}, ${item}`] : [...filled, item];
  }, []);
  return `${before.trimEnd()}\n  ${lines.join(',\n  ')}\n${after.trimStart()}`;
}
