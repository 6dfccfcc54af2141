/**
 * A text as a constant in dollar quotes, for people to read, whatever it holds: names of the database may hold the quotes.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-DOLLAR-QUOTING
 *
 * @param word what stands in the quotes: a letter or more, or nothing
 */
export function dollarQuoted(text: string, word = ''): string {
  for (let count = 0; ; count += 1) {
    const quote = count === 0 ? `$${word}$` : `$${word}_${count}$`;
    // What the text ends with may make a quote of the first letters of the one behind it.
    if (`${text}${quote}`.indexOf(quote) === text.length) return `${quote}${text}${quote}`;
  }
}
