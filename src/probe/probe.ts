import type { ProbeRule } from './rule.ts';
import type { ProbeRun } from './run.ts';

/** One thing that is tried on real rows, as the app role. One probe, one file, one id. */
export interface Probe extends ProbeRule {
  readonly run: (run: ProbeRun) => Promise<void>;
  /** What it tries beside, where writes are allowed, if it is no probe of writes itself. */
  readonly runWrites?: (run: ProbeRun) => Promise<void>;
}
