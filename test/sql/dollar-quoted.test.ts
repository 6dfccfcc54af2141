import { expect } from 'vitest';
import { dollarQuoted } from '../../src/sql/dollar-quoted.ts';
import { test } from '../support/test.ts';

test.for([
  ['a text without quotes', 'it is'],
  ['the quote', 'a $$ b $_1$ c'],
  ['the quote of a word', '$body$'],
  ['the half of a quote at its end', 'x$'],
  ['a word and the half of a quote at its end', 'x$body'],
])('PostgreSQL reads back %s', async ([, text = ''], { database: { client } }) => {
  for (const word of ['', 'body']) {
    const { rows } = await client.query<{ text: string }>(`select ${dollarQuoted(text, word)} as text`);
    expect(rows).toEqual([{ text }]);
  }
});
