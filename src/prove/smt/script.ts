import type { Formula } from './formula.ts';

export type Sort = 'Bool' | 'Int' | 'Text' | 'Json' | 'Other';

/** What is told to the solver, in its order. */
export class Script {
  readonly #lines: string[] = ['(declare-sort Text 0)', '(declare-sort Json 0)', '(declare-sort Other 0)'];
  readonly #named = new Map<Formula, Formula>();
  readonly #definitions = new Map<Formula, Formula>();
  readonly #functions = new Map<string, string>();
  #count = 0;

  /** A value that is not known. */
  fresh(sort: Sort, hint: string): Formula {
    this.#count += 1;
    const name = `${hint.replace(/[^A-Za-z0-9_]/g, '_')}!${this.#count}`;
    this.#lines.push(`(declare-const ${name} ${sort})`);
    return name;
  }

  /** A function of which nothing is known but that it is one. */
  function(name: string, from: readonly Sort[], to: Sort): string {
    const signature = `(${from.join(' ')}) ${to}`;
    const known = this.#functions.get(`${name} ${signature}`);
    if (known !== undefined) return known;
    this.#count += 1;
    const symbol = `f${this.#count}`;
    this.#functions.set(`${name} ${signature}`, symbol);
    this.#lines.push(`(declare-fun ${symbol} ${signature})`);
    return symbol;
  }

  /** A short name for a long formula: what is used more than once is written once. */
  name(formula: Formula, sort: Sort): Formula {
    if (formula.length < 40) return formula;
    const known = this.#named.get(formula);
    if (known !== undefined) return known;
    this.#count += 1;
    const name = `d${this.#count}`;
    this.#lines.push(`(define-fun ${name} () ${sort} ${formula})`);
    this.#named.set(formula, name);
    this.#definitions.set(name, formula);
    return name;
  }

  /** Whether a formula speaks of one of these symbols, by itself or through a name. */
  mentions(formula: Formula, symbols: ReadonlySet<string>): boolean {
    const words = formula.match(/[A-Za-z_][\w!]*/g) ?? [];
    return words.some((word) => {
      if (symbols.has(word)) return true;
      const definition = this.#definitions.get(word);
      return definition !== undefined && this.mentions(definition, symbols);
    });
  }

  assert(formula: Formula): void {
    if (formula !== 'true') this.#lines.push(`(assert ${formula})`);
  }

  get length(): number {
    return this.#lines.length;
  }

  text(): string {
    return this.#lines.join('\n');
  }
}
