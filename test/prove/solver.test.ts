import { expect, test } from 'vitest';
import { Solver } from '../../src/prove/smt/solver.ts';

/** More pigeons than holes, which takes some steps to see. */
const pigeons = ['a', 'b', 'c', 'd', 'e'];
const script = [
  ...pigeons.map(
    (name) => `(declare-const ${name} Int)(assert (or (= ${name} 1) (= ${name} 2) (= ${name} 3) (= ${name} 4)))`,
  ),
  `(assert (distinct ${pigeons.join(' ')}))`,
].join('\n');

test.each([
  ['unsat', 1_000_000],
  ['unknown', 1],
])('what is impossible is %s within %i steps', async (answer, steps) => {
  const solver = new Solver({ steps, milliseconds: 60_000 });
  try {
    expect((await solver.solve(script, new Map())).answer).toBe(answer);
  } finally {
    await solver.close();
  }
});
