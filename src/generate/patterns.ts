/** Strings that a POSIX pattern should match: the server will judge. None where it holds what is not understood. */
export function samplesOf(pattern: string, numbers: readonly number[]): readonly string[] {
  try {
    const reader = new PatternReader(pattern.replace(/^\(\?[a-z]+\)|^\*\*\*[:=]/, ''));
    const write = reader.alternatives();
    if (!reader.atEnd) return [];
    return [...new Set(numbers.flatMap((number) => extras.map((extra) => write(new Odometer(number, extra)))))];
  } catch (error) {
    if (error instanceof NotUnderstood) return [];
    throw error;
  }
}

/** Strings that a LIKE pattern matches. */
export function likenessesOf(pattern: string, fillers: readonly string[]): readonly string[] {
  return fillers.map((filler) =>
    pattern.replace(/\\(.)|%|_/gs, (matched, escaped?: string) => escaped ?? (matched === '%' ? filler : 'a')),
  );
}

/** How many times more than it must a part is repeated. */
const extras = [0, 1, 4, 9];

class NotUnderstood extends Error {}

/** Turns a number into choices, so that different numbers make different strings. */
class Odometer {
  constructor(
    private rest: number,
    readonly extra: number,
  ) {}

  choose(count: number): number {
    const choice = this.rest % count;
    this.rest = Math.floor(this.rest / count);
    return choice;
  }
}

type Writer = (odometer: Odometer) => string;

const digits = '0123456789';
const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const word = `${lower}${upper}${digits}_`;
const printable = `${word}-.@ !#$%&+/:;=?~`;

const classes: Readonly<Record<string, string>> = {
  alpha: lower + upper,
  digit: digits,
  alnum: lower + upper + digits,
  upper,
  lower,
  space: ' ',
  blank: ' ',
  punct: '.-_!',
  xdigit: 'abcdef0123456789',
  word,
  print: printable,
  graph: word,
};

const escapes: Readonly<Record<string, string>> = {
  d: digits,
  w: word,
  s: ' ',
  D: lower,
  W: '-',
  S: word,
  n: '\n',
  t: '\t',
};

const choice =
  (characters: string): Writer =>
  (odometer) =>
    characters[odometer.choose(characters.length)] ?? '';

/** Reads the part of advanced regular expressions that checks are made of. https://www.postgresql.org/docs/current/functions-matching.html */
class PatternReader {
  private at = 0;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  alternatives(): Writer {
    const branches = [this.sequence()];
    while (this.take('|')) branches.push(this.sequence());
    return (odometer) => branches[branches.length === 1 ? 0 : odometer.choose(branches.length)]?.(odometer) ?? '';
  }

  private sequence(): Writer {
    const parts: Writer[] = [];
    while (!this.atEnd && !'|)'.includes(this.peek())) parts.push(this.repeated(this.atom()));
    return (odometer) => parts.map((part) => part(odometer)).join('');
  }

  private repeated(part: Writer): Writer {
    const [least, most] = this.bounds();
    this.take('?');
    if (least === 1 && most === 1) return part;
    return (odometer) => {
      const times = Math.min(most, Math.min(least, 1000) + odometer.extra);
      return Array.from({ length: times }, () => part(odometer)).join('');
    };
  }

  private bounds(): readonly [number, number] {
    if (this.take('*')) return [0, Infinity];
    if (this.take('+')) return [1, Infinity];
    if (this.take('?')) return [0, 1];
    const match = /^\{(\d+)(,)?(\d+)?\}/.exec(this.text.slice(this.at));
    if (match === null) return [1, 1];
    this.at += match[0].length;
    const least = Number(match[1]);
    return [least, match[2] === undefined ? least : match[3] === undefined ? Infinity : Number(match[3])];
  }

  private atom(): Writer {
    const character = this.next();
    if (character === '^' || character === '$') return () => '';
    if (character === '.') return choice(word);
    if (character === '[') return choice(this.bracket());
    if (character === '(') return this.group();
    if (character === '\\') return this.escape();
    return () => character;
  }

  private group(): Writer {
    const look = /^\?(:|=|!|<=|<!)/.exec(this.text.slice(this.at));
    if (look !== null) this.at += look[0].length;
    const inside = this.alternatives();
    if (!this.take(')')) throw new NotUnderstood();
    return look === null || look[1] === ':' ? inside : () => '';
  }

  private escape(): Writer {
    const character = this.next();
    if ('mMyYAZbB'.includes(character)) return () => '';
    const characters = escapes[character];
    if (characters !== undefined) return choice(characters);
    if (/[a-zA-Z0-9]/.test(character)) throw new NotUnderstood();
    return () => character;
  }

  private bracket(): string {
    const negated = this.take('^');
    let characters = '';
    for (let first = true; first || this.peek() !== ']'; first = false) {
      const named = /^\[:(\w+):\]/.exec(this.text.slice(this.at));
      if (named !== null) {
        this.at += named[0].length;
        characters += classes[named[1] ?? ''] ?? '';
        continue;
      }
      const from = this.member();
      if (from.length === 1 && this.peek() === '-' && this.text[this.at + 1] !== ']') {
        this.at += 1;
        characters += between(from, this.member());
      } else characters += from;
    }
    this.at += 1;
    const chosen = negated
      ? [...printable].filter((character) => !characters.includes(character)).join('')
      : characters;
    if (chosen === '') throw new NotUnderstood();
    return chosen;
  }

  private member(): string {
    const character = this.next();
    if (character !== '\\') return character;
    const escaped = this.next();
    return escapes[escaped] ?? escaped;
  }

  private peek(): string {
    return this.text[this.at] ?? '';
  }

  private next(): string {
    const character = this.text[this.at];
    if (character === undefined) throw new NotUnderstood();
    this.at += 1;
    return character;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }
}

/** The characters from one to another, as far as a hundred of them. */
function between(from: string, to: string): string {
  const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
  return Array.from({ length: Math.min(100, Math.max(0, last - first + 1)) }, (_, index) =>
    String.fromCharCode(first + index),
  ).join('');
}
