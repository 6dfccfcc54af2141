import type { Z3_context, Z3_solver } from 'z3-solver';
import { Engine, isBroken, Stuck, type Z3Core } from './engine.ts';
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
  /** Above this much memory it gives up. */
  readonly megabytes: number;
}

const defaultLimits: SolverLimits = { steps: 4_000_000, milliseconds: 5_000, megabytes: 1024 };

/** How much longer than it may take an answer is waited for: a thread that died gives none. */
const grace = 10_000;

/**
 * z3, which is started when it is first asked: it is large, and only proofs need it. It has threads, which keep the process
 * alive until it is closed. It decides one script after another.
 */
export class Solver {
  #engine: Promise<Engine> | undefined;
  #context: { readonly context: Z3_context; questions: number } | undefined;
  // The policies of a database repeat few questions.
  readonly #known = new Map<string, Promise<Solved>>();

  constructor(private readonly limits: SolverLimits = defaultLimits) {}

  /**
   * Decides a script without its `check-sat`, and tells the values of `asked`, of these sorts, in what it finds.
   *
   * @param isLikely whether something is likely to be found, so that its values are asked for at once
   */
  async solve(script: string, asked: ReadonlyMap<Formula, Sort>, isLikely = false): Promise<Solved> {
    const known = this.#known.get(script) ?? this.decide(script, asked, isLikely);
    this.#known.set(script, known);
    return await known;
  }

  /** How many different ones it was asked. */
  get questions(): number {
    return this.#known.size;
  }

  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    this.#context = undefined;
    (await engine)?.close();
  }

  private async decide(script: string, asked: ReadonlyMap<Formula, Sort>, isLikely: boolean): Promise<Solved> {
    const plain = isLikely ? undefined : await this.check(script);
    if (plain !== undefined && plain.answer !== 'sat') return { ...plain, values: new Map() };
    // Only what is possible is asked for its values: a name for each, which the solver's answer tells.
    const names = [...asked].map(([term, sort], index) => ({ term, sort, name: `asked${index}` }));
    const told = names.map(({ term, sort, name }) => `(declare-const ${name} ${sort})(assert (= ${name} ${term}))`);
    const { answer, reason, constants: found } = await this.check([script, ...told].join('\n'), true);
    const values = names.flatMap(({ term, name }): [Formula, string][] => {
      const value = found.get(name);
      return value === undefined ? [] : [[term, value]];
    });
    return { answer, reason, values: new Map(values) };
  }

  /**
   * Where z3 ends itself, for want of memory, it is started anew for the next question.
   *
   * @param reads whether the names of what is asked for are to be read
   */
  private async check(script: string, reads = false): Promise<Checked> {
    this.#engine ??= Engine.start(this.limits.megabytes);
    const engine = await this.#engine;
    try {
      return await engine.undisturbed(() => this.checkBy(engine, script, reads));
    } catch (error) {
      if (!isBroken(error)) throw error;
      await this.close();
      const reason = error instanceof Stuck ? 'it did not come back' : 'it took too much memory';
      return { answer: 'unknown', reason, constants: new Map() };
    }
  }

  private async checkBy(engine: Engine, script: string, reads: boolean): Promise<Checked> {
    const { core: Z3 } = engine;
    const context = this.contextOf(Z3);
    // The solver without tactics before it: they cost more than these questions do.
    const solver = Z3.mk_simple_solver(context);
    Z3.solver_inc_ref(context, solver);
    // Not eval_smtlib2_string: it hands its text to another thread and frees it meanwhile, so that a part of it may be lost.
    Z3.solver_from_string(context, solver, script);
    const code = Z3.get_error_code(context);
    if (isError(code)) throw new TypeError(`The solver cannot read its script: ${Z3.get_error_msg(context, code)}`);
    const found = await this.bounded(engine, context, solver);
    const checked = read(Z3, context, solver, found, reads);
    Z3.solver_dec_ref(context, solver);
    // One that was stopped is not used again.
    if (checked.answer === 'unknown') this.dropContext(Z3);
    return checked;
  }

  /** To make a context takes longer than most questions; it keeps all that it has read, so that after some it is made anew. */
  private contextOf(Z3: Z3Core): Z3_context {
    if (this.#context !== undefined && this.#context.questions >= questionsOfContext) this.dropContext(Z3);
    if (this.#context === undefined) {
      const config = Z3.mk_config();
      this.#context = { context: Z3.mk_context(config), questions: 0 };
      Z3.del_config(config);
    }
    this.#context.questions += 1;
    return this.#context.context;
  }

  private dropContext(Z3: Z3Core): void {
    if (this.#context !== undefined) Z3.del_context(this.#context.context);
    this.#context = undefined;
  }

  /** Most questions take fewer steps than it takes to hand them to another thread; who waits for that cannot be stopped by a timer. */
  private async bounded(engine: Engine, context: Z3_context, solver: Z3_solver): Promise<number> {
    const { core: Z3 } = engine;
    const { steps, milliseconds } = this.limits;
    setBounds(Z3, context, solver, { rlimit: Math.min(steps, quickSteps) });
    const quick = engine.checkHere(context, solver);
    if (quick === isSatisfiable || quick === isUnsatisfiable || steps <= quickSteps) return quick;
    setBounds(Z3, context, solver, { rlimit: steps, timeout: milliseconds });
    return await engine.within(milliseconds + grace, Z3.solver_check(context, solver));
  }
}

const questionsOfContext = 100;

function read(Z3: Z3Core, context: Z3_context, solver: Z3_solver, found: number, reads: boolean): Checked {
  if (found === isUnsatisfiable) return { answer: 'unsat', reason: '', constants: new Map() };
  if (found === isSatisfiable)
    return { answer: 'sat', reason: '', constants: reads ? readConstants(Z3, context, solver) : new Map() };
  return { answer: 'unknown', reason: Z3.solver_get_reason_unknown(context, solver), constants: new Map() };
}

const isSatisfiable = 1;
const isUnsatisfiable = -1;

function isError(code: number): boolean {
  return code !== 0;
}

/** A tenth of a second or so. */
const quickSteps = 100_000;

function setBounds(Z3: Z3Core, context: Z3_context, solver: Z3_solver, bounds: Readonly<Record<string, number>>): void {
  const params = Z3.mk_params(context);
  Z3.params_inc_ref(context, params);
  for (const [name, bound] of Object.entries(bounds))
    Z3.params_set_uint(context, params, Z3.mk_string_symbol(context, name), bound);
  Z3.solver_set_params(context, solver, params);
  Z3.params_dec_ref(context, params);
}

interface Checked extends Omit<Solved, 'values'> {
  /** What the names of a script are, in what was found. */
  readonly constants: ReadonlyMap<string, string>;
}

/** The constants that are asked for. A whole model is not printed: that may take longer than finding it. */
function readConstants(Z3: Z3Core, context: Z3_context, solver: Z3_solver): ReadonlyMap<string, string> {
  const model = Z3.solver_get_model(context, solver);
  Z3.model_inc_ref(context, model);
  const found = new Map<string, string>();
  for (let index = 0; index < Z3.model_get_num_consts(context, model); index += 1) {
    const declared = Z3.model_get_const_decl(context, model, index);
    const name = Z3.get_symbol_string(context, Z3.get_decl_name(context, declared));
    if (!name.startsWith('asked')) continue;
    const value = Z3.model_get_const_interp(context, model, declared);
    found.set(name, Z3.ast_to_string(context, value));
  }
  Z3.model_dec_ref(context, model);
  return found;
}
