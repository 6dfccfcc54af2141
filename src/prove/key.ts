import type { Row, Term } from './term.ts';

/** A term as a text: two with the same text mean the same. `nameOf` names the rows that the term does not bring itself. */
export function keyOf(term: Term, nameOf: (row: Row) => string): string {
  return new Keys(nameOf).of(term);
}

class Keys {
  readonly #own: Row[] = [];

  constructor(private readonly nameOf: (row: Row) => string) {}

  of(term: Term): string {
    switch (term.op) {
      case 'column': {
        const own = this.#own.lastIndexOf(term.row);
        return `${own >= 0 ? `#${own}` : this.nameOf(term.row)}.${JSON.stringify(term.name)}`;
      }
      case 'constant':
        return `${term.type}:${typeof term.value}:${JSON.stringify(String(term.value))}`;
      case 'exists':
      case 'scalar':
      case 'in': {
        const left = term.op === 'in' ? this.of(term.left) : '';
        this.#own.push(...term.query.rows);
        const from = term.query.rows.map(({ relation }) => relation.oid).join(' ');
        const output = term.op === 'exists' ? '' : this.of(term.output);
        const key = `${term.op}(${left};${from};${this.of(term.query.where)};${output};${term.op === 'scalar' ? term.several : ''})`;
        this.#own.length -= term.query.rows.length;
        return key;
      }
      case 'case': {
        const branches = term.branches.map(({ when, then }) => `${this.of(when)}?${this.of(then)}`);
        return `case(${branches.join(';')};${this.of(term.otherwise)})`;
      }
      case 'setting':
        return `setting(${JSON.stringify(term.name)} ${term.missingOk})`;
      case 'subject':
        return 'subject';
      case 'fails':
        return 'fails';
      case 'unknown':
        return `unknown ${numberOf(term)}`;
      case 'and':
      case 'or':
      case 'coalesce':
        return `${term.op}(${term.args.map((arg) => this.of(arg)).join(';')})`;
      case 'apply':
        return `${term.name}(${term.args.map((arg) => this.of(arg)).join(';')})`;
      case 'not':
        return `not(${this.of(term.arg)})`;
      case 'is':
        return `is ${term.state}(${this.of(term.arg)})`;
      case 'cast':
        return `cast ${term.type} ${term.reads}(${this.of(term.arg)})`;
      case 'like':
        return `like(${this.of(term.arg)};${JSON.stringify(term.pattern)})`;
      case 'compare':
        return `${term.comparison}(${this.of(term.left)};${this.of(term.right)})`;
      case 'among':
        return `among(${this.of(term.left)};${this.of(term.array)})`;
      case 'distinct':
      case 'nullif':
        return `${term.op}(${this.of(term.left)};${this.of(term.right)})`;
    }
  }
}

/** What is not understood may be another thing each time it is looked at: only itself is the same. */
function numberOf(term: Term): number {
  const number = numbers.get(term) ?? ++count;
  numbers.set(term, number);
  return number;
}

const numbers = new WeakMap<Term, number>();
let count = 0;
