import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../domain/duration.ts';

/** Commander's parser of a whole number from 1. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

/** Commander's parser of a whole number from 0. */
export function wholeNumber(text: string): number {
  return text === '0' ? 0 : positiveInteger(text);
}

/** Commander's parser of a share: `50` or `50%`. */
export function percentage(text: string): number {
  const percent = positiveInteger(text.replace(/%$/, ''));
  if (percent > 100) throw new InvalidArgumentError('It is a share, from 1% to 100%.');
  return percent;
}

/** Commander's parser of a duration: `500ms`, `2s`, `30min`, `1h`. @returns milliseconds */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('Write 500ms, 2s, 30min or 1h.');
  return ms;
}

/** Commander's parser of a list: `a,b`. */
export function names(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
