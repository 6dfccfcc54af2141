import { createRequire } from 'node:module';
import process from 'node:process';
import type { Worker } from 'node:worker_threads';
import type { init, Z3_context, Z3_solver } from 'z3-solver';
import { RowhouseError } from '../../domain/errors.ts';

type Z3 = Awaited<ReturnType<typeof init>>;
export type Z3Core = Z3['Z3'];

/** A z3 that runs. It has threads, which keep the process alive until it is closed. */
export class Engine {
  private constructor(private readonly z3: Z3) {}

  static async start(megabytes: number): Promise<Engine> {
    const { init: initialize } = loadSolver();
    // It would tell the terminal, too, what it raises.
    const z3 = await initialize({ printErr: () => undefined });
    z3.Z3.global_param_set('memory_max_size', String(megabytes));
    return new Engine(z3);
  }

  get core(): Z3Core {
    return this.z3.Z3;
  }

  /** Checks on this thread. */
  checkHere(context: Z3_context, solver: Z3_solver): number {
    return this.exports._Z3_solver_check(context, solver);
  }

  /** @throws Stuck where the answer of a thread does not come in time: z3's own timer should have ended it before */
  async within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Stuck());
      }, milliseconds);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Does what may end z3: its end is no reason for this process to exit with another code. */
  async undisturbed<T>(work: () => Promise<T>): Promise<T> {
    const before = process.exitCode;
    try {
      return await work();
    } catch (error) {
      if (isBroken(error)) process.exitCode = before;
      throw error;
    }
  }

  close(): void {
    const { PThread: threads } = this.exports;
    const workers = [...threads.runningWorkers, ...threads.unusedWorkers];
    threads.terminateAllThreads();
    for (const worker of workers) {
      // One that does not end must not keep the process, and what one still says is no news to anybody.
      worker.unref();
      worker.onmessage = () => undefined;
    }
  }

  private get exports(): Exports {
    return this.z3.em as Exports;
  }
}

/** No answer came. */
export class Stuck extends Error {}

/** Whether an error leaves z3 as it cannot be used any more: it exits where it has no memory to read a script. */
export function isBroken(error: unknown): boolean {
  if (error instanceof Stuck) return true;
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : '';
  return name === 'ExitStatus' || name === 'RuntimeError';
}

/** Required and not imported: scripts, as those of the bundle are, can import as an experiment only (docs/adr/0014). */
const require = createRequire(import.meta.url);

function loadSolver(): { readonly init: typeof init } {
  try {
    return require('z3-solver') as { readonly init: typeof init };
  } catch (cause) {
    const message = 'Proofs need the solver z3, which is not installed.';
    throw new RowhouseError('configuration', 'no-solver', message, { hint: 'npm install z3-solver', cause });
  }
}

/** Whether the solver, which is optional, is installed. */
export function isSolverInstalled(): boolean {
  try {
    require.resolve('z3-solver');
    return true;
  } catch {
    return false;
  }
}

/** What z3 exports beside its typed functions. */
interface Exports {
  readonly PThread: Threads;
  _Z3_solver_check(context: Z3_context, solver: Z3_solver): number;
}

interface Thread extends Worker {
  onmessage: (message: unknown) => void;
}

/** The threads of z3, as Emscripten keeps them. */
interface Threads {
  readonly runningWorkers: readonly Thread[];
  readonly unusedWorkers: readonly Thread[];
  terminateAllThreads(): void;
}
