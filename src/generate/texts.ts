import { isSecretName } from '../domain/secrets.ts';
import { digestOf, numberOf, type Seed, uuidOf, wordOf } from './seed.ts';

/** Texts for a column of that name, the best first, none longer than `most`. */
export function textsFor(name: string, seed: Seed, most: number): readonly string[] {
  const word = wordOf(seed);
  const plain = word.replaceAll('-', '');
  const candidates = [
    named(name, word, seed),
    word,
    word.toUpperCase(),
    word.replaceAll('-', '_'),
    plain,
    plain.toUpperCase(),
    `Rowhouse ${seed.label} ${seed.index}`,
    String(1_000_000 + numberOf(seed)),
    digestOf(seed, name),
    `${word}@example.com`,
    `https://example.com/${word}`,
    uuidOf(seed, name),
    '2024-01-01',
    '{}',
    'a',
    '',
  ];
  const fitting = candidates.filter((text) => text.length <= most);
  return [...new Set(fitting[0] === candidates[0] ? fitting : [shortText(seed, most), ...fitting])];
}

/** A text of a given length that is the seed's own as far as there is room. */
export function textOfLength(seed: Seed, length: number): string {
  return length > 10_000 ? '' : shortText(seed, length);
}

function shortText(seed: Seed, length: number): string {
  const number = numberOf(seed).toString(36);
  const text = `${wordOf(seed).replaceAll('-', '')}${'x'.repeat(Math.max(0, length))}`;
  return length <= number.length
    ? number.slice(number.length - length)
    : text.slice(0, length - number.length) + number;
}

function named(name: string, word: string, seed: Seed): string {
  const is = (pattern: RegExp): boolean => pattern.test(name);
  if (is(/e_?mail/i)) return `${word}@example.com`;
  if (is(/(^|_)(ur[il]|link|href|website|avatar|image|logo|picture)(_|$)/i)) return `https://example.com/${word}`;
  if (is(/(^|_)(host|hostname|domain|fqdn)$/i)) return `${word}.example.com`;
  // Nobody guesses it, and no other column holds it.
  if (isSecretName(name)) return digestOf(seed, name).slice(0, 32);
  if (is(/phone|mobile/i)) return `+1555${String(numberOf(seed)).padStart(7, '0')}`;
  return word;
}
