import type { init } from 'z3-solver';
import { RowhouseError } from '../../domain/errors.ts';
import type { Formula } from './formula.ts';
import type { Sort } from './script.ts';

/** What the solver says of a script: that nothing makes it true, or something does, or it did not come to an end. */
export interface Solved {
  readonly answer: 'unsat' | 'sat' | 'unknown';
  /** Why there is no answer. */
  readonly reason: string;
  /** What was asked for, by its text, where there is something. */
  readonly values: ReadonlyMap<string, string>;
}

export interface SolverLimits {
  /** Steps of the solver, which are the same on every machine. */
  readonly steps: number;
  /** A bound for a machine that is slow. */
  readonly milliseconds: number;
}

const defaultLimits: SolverLimits = { steps: 4_000_000, milliseconds: 5_000 };

/** Above this much memory the solver gives up, in MB. */
const maxMemory = '1024';

type Z3 = Awaited<ReturnType<typeof init>>;

/**
 * z3, which is started when it is first asked: it is large, and only proofs need it. It has threads, which keep the process
 * alive until it is closed. It decides one script after another.
 */
export class Solver {
  #z3: Promise<Z3> | undefined;
  // The policies of a database repeat few questions.
  readonly #known = new Map<string, Promise<Solved>>();

  constructor(private readonly limits: SolverLimits = defaultLimits) {}

  /** Decides a script without its `check-sat`, and tells the values of `asked`, of these sorts, in what it finds. */
  async solve(script: string, asked: ReadonlyMap<Formula, Sort>): Promise<Solved> {
    const known = this.#known.get(script) ?? this.decide(script, asked);
    this.#known.set(script, known);
    return await known;
  }

  async close(): Promise<void> {
    const z3 = await this.#z3;
    this.#z3 = undefined;
    (z3?.em as { PThread?: { terminateAllThreads(): void } } | undefined)?.PThread?.terminateAllThreads();
  }

  private async decide(script: string, asked: ReadonlyMap<Formula, Sort>): Promise<Solved> {
    const plain = await this.check(script);
    if (plain.answer !== 'sat') return { ...plain, values: new Map() };
    // Only what is possible is asked for its values: a name for each, which the solver's answer tells.
    const names = [...asked].map(([term, sort], index) => ({ term, sort, name: `asked${index}` }));
    const told = names.map(({ term, sort, name }) => `(declare-const ${name} ${sort})(assert (= ${name} ${term}))`);
    const { answer, reason, model } = await this.check([script, ...told].join('\n'));
    const found = readConstants(model);
    const values = names.flatMap(({ term, name }): [Formula, string][] => {
      const value = found.get(name);
      return value === undefined ? [] : [[term, value]];
    });
    return { answer, reason, values: new Map(values) };
  }

  private async check(script: string): Promise<Omit<Solved, 'values'> & { readonly model: string }> {
    this.#z3 ??= start();
    const { Z3 } = await this.#z3;
    const config = Z3.mk_config();
    const context = Z3.mk_context(config);
    Z3.del_config(config);
    try {
      // The solver without tactics before it: they cost more than these questions do.
      const solver = Z3.mk_simple_solver(context);
      Z3.solver_inc_ref(context, solver);
      const params = Z3.mk_params(context);
      Z3.params_inc_ref(context, params);
      Z3.params_set_uint(context, params, Z3.mk_string_symbol(context, 'rlimit'), this.limits.steps);
      Z3.params_set_uint(context, params, Z3.mk_string_symbol(context, 'timeout'), this.limits.milliseconds);
      Z3.solver_set_params(context, solver, params);
      // Not eval_smtlib2_string: it hands its text to another thread and frees it meanwhile, so that a part of it may be lost.
      Z3.solver_from_string(context, solver, script);
      const code = Z3.get_error_code(context);
      if (isError(code)) throw new TypeError(`The solver cannot read its script: ${Z3.get_error_msg(context, code)}`);
      const found: number = await Z3.solver_check(context, solver);
      if (found === isUnsatisfiable) return { answer: 'unsat', reason: '', model: '' };
      if (found !== isSatisfiable)
        return { answer: 'unknown', reason: Z3.solver_get_reason_unknown(context, solver), model: '' };
      return { answer: 'sat', reason: '', model: Z3.model_to_string(context, Z3.solver_get_model(context, solver)) };
    } finally {
      Z3.del_context(context);
    }
  }
}

function isError(code: number): boolean {
  return code !== 0;
}

const isSatisfiable = 1;
const isUnsatisfiable = -1;

async function start(): Promise<Z3> {
  const { init } = await import('z3-solver').catch((error: unknown) => {
    throw new RowhouseError('configuration', 'no-solver', 'Proofs need the solver z3, which is not installed.', {
      hint: 'npm install z3-solver',
      cause: error,
    });
  });
  const z3 = await init();
  z3.Z3.global_param_set('memory_max_size', maxMemory);
  return z3;
}

/** The constants of a model as z3 prints it: `name -> value`, a line each, where a value may take several. */
function readConstants(model: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name, value] of model.matchAll(/^(asked\d+) -> ([^\n]*)$/gm)) {
    if (name !== undefined && value !== undefined) found.set(name, value);
  }
  return found;
}
