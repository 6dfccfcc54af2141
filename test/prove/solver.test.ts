import { expect, test } from 'vitest';
import { Engine, Stuck } from '../../src/prove/smt/engine.ts';
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
  const solver = new Solver({ steps, milliseconds: 60_000, megabytes: 1024 });
  try {
    expect((await solver.solve(script, new Map())).answer).toBe(answer);
  } finally {
    await solver.close();
  }
});

test('what takes too much memory is unknown; the next question is answered, and the process goes on', async () => {
  const exitCode = process.exitCode;
  const large = Array.from(
    { length: 20_000 },
    (_, n) => `(declare-const x${n} Int)(assert (or (= x${n} ${n}) (> x${n} ${n * 7})))`,
  ).join('\n');
  const solver = new Solver({ steps: 1_000_000, milliseconds: 60_000, megabytes: 30 });
  try {
    expect(await solver.solve(large, new Map())).toMatchObject({
      answer: 'unknown',
      reason: 'it took too much memory',
    });
    expect(process.exitCode).toBe(exitCode);
    expect((await solver.solve(script, new Map())).answer).toBe('unsat');
  } finally {
    await solver.close();
  }
});

test('an answer that does not come is not waited for', async () => {
  const engine = await Engine.start(1024);
  try {
    await expect(engine.within(0, new Promise(() => undefined))).rejects.toBeInstanceOf(Stuck);
    expect(await engine.within(60_000, Promise.resolve(1))).toBe(1);
  } finally {
    engine.close();
  }
});
