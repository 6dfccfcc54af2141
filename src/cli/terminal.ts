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
  const level = (support: typeof supportsColor) => (options.color && support ? support.level : 0);
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
      const prompt = createInterface({ input: process.stdin, output: process.stderr });
      try {
        // Ctrl-C and Ctrl-D close the prompt, and leave its question open for ever.
        const closed = once(prompt, 'close').then(() => '');
        const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed]);
        if (!/^y(es)?$/i.test(answer.trim())) {
          throw new RowhouseError('usage', 'not-confirmed', 'Not confirmed; nothing was done.');
        }
      } finally {
        prompt.close();
      }
    },
  };
}
