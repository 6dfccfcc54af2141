import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Chalk, supportsColor, supportsColorStderr, type ChalkInstance } from 'chalk';
import { RowhouseError } from '../domain/errors.ts';

/** Where output goes: data to stdout, progress and logs to stderr. */
export interface Terminal {
  readonly out: ChalkInstance;
  readonly err: ChalkInstance;
  /** Whether a person reads stderr as it comes. */
  readonly interactive: boolean;
  readonly width: number;
  write(text: string): void;
  log(text: string): void;
  /** Asks a yes-or-no question. @throws RowhouseError `not-confirmed` on a no, and where nobody can be asked */
  confirm(question: string): Promise<void>;
}

/** Colour follows `--no-color`, `NO_COLOR`, `FORCE_COLOR` and whether the stream is a terminal. */
export function openTerminal(options: { readonly color: boolean }): Terminal {
  // chalk knows FORCE_COLOR, and not NO_COLOR. https://no-color.org
  const color = options.color && !(process.env['NO_COLOR'] && !process.env['FORCE_COLOR']);
  const level = (support: typeof supportsColor) => (color && support ? support.level : 0);
  const interactive = process.stderr.isTTY;
  return {
    out: new Chalk({ level: level(supportsColor) }),
    err: new Chalk({ level: level(supportsColorStderr) }),
    interactive,
    width: process.stdout.columns || 100,
    write: (text) => {
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    log: (text) => {
      process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    confirm: async (question) => {
      if (!process.stdin.isTTY || !interactive) {
        throw new RowhouseError('usage', 'not-confirmed', `${question} Nobody can be asked here; nothing was done.`, {
          hint: 'Say it with --yes.',
        });
      }
      const answer = await ask(`${question} [y/N] `);
      if (!/^y(es)?$/i.test(answer)) {
        throw new RowhouseError('usage', 'not-confirmed', 'Not confirmed; nothing was done.');
      }
    },
  };
}

/** Asks the person at the terminal. @throws RowhouseError `cancelled` on Ctrl-C and Ctrl-D */
export async function ask(
  question: string,
  { input, output }: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream } = {
    input: process.stdin,
    output: process.stderr,
  },
): Promise<string> {
  const prompt = createInterface({ input, output });
  // Some versions of Node end the question with an error then, some never.
  const closed = once(prompt, 'close').then(() => null);
  try {
    const answer = await Promise.race([prompt.question(question).catch(() => null), closed]);
    if (answer !== null) return answer.trim();
  } finally {
    prompt.close();
  }
  output.write('\n');
  throw new RowhouseError('cancelled', 'cancelled', 'Cancelled; nothing was done.');
}
