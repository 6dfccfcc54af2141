import type { Asked } from './block.ts';
import type { SubjectContext } from './input.ts';

/** So many are kept. */
const few = 10_000;

/** What sessions of subjects are told: the same for each relation, and so kept where memory allows. */
export class Contexts {
  readonly #kept = new Map<string, Asked>();

  constructor(private readonly contextOf: SubjectContext) {}

  of(subject: string): Asked {
    const known = this.#kept.get(subject);
    if (known) return known;
    const asked = { subject, settings: this.contextOf(subject) };
    if (this.#kept.size < few) this.#kept.set(subject, asked);
    return asked;
  }
}
