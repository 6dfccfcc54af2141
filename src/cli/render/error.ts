import type { ChalkInstance } from 'chalk';
import { CommanderError } from 'commander';
import { messageOf, RowhouseError } from '../../domain/errors.ts';

/** An error for people: what is wrong, where, and what to do. A stack only for what we did not foresee. */
export function renderError(error: unknown, chalk: ChalkInstance): string {
  if (!(error instanceof RowhouseError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${chalk.red.bold('error')} something that Rowhouse did not foresee; please report it with this text:\n${stack}`;
  }
  const lines = [
    error.kind === 'cancelled' ? chalk.yellow.bold(error.message) : `${chalk.red.bold('error')} ${error.message}`,
  ];
  if (error.detail) lines.push(error.detail.replace(/^/gm, '  '));
  if (error.hint) lines.push(`${chalk.cyan('hint')}  ${error.hint}`);
  return lines.join('\n');
}

/** An error for machines, on stdout where `--json` asked for it. */
export function errorAsJson(error: unknown): string {
  const fields =
    error instanceof RowhouseError
      ? { code: error.code, message: error.message, detail: error.detail, hint: error.hint }
      : { code: error instanceof CommanderError ? 'usage' : 'unforeseen', message: messageOf(error) };
  return JSON.stringify({ error: fields }, null, 2);
}
