import type { Server, Tool, VerifiedRole } from './report.ts';

/** What a self-test planted: one change of the database. */
export interface PlantedChange {
  /** Tells apart the changes of one class: `for-update`. */
  readonly variant: string;
  /** What it concerns, as findings name it. */
  readonly object: string;
  readonly sql: string;
}

/** A leak that was planted, and what the verifier made of it. */
export interface PlantedLeak extends PlantedChange {
  /** The rules of the lints that found it, of those that are right about it. */
  readonly lint: readonly string[];
  /** The same of the probes. */
  readonly probe: readonly string[];
  /** Other rules that had something new to say. */
  readonly beside: readonly string[];
  /** What came to no answer because of it, as `rule object: reason`. */
  readonly undecided: readonly string[];
}

/** The leaks of one class. */
export interface PlantedClass {
  /** The class and the rule that is named after it. */
  readonly id: string;
  readonly leaks: readonly PlantedLeak[];
  /** What a database needs to have a place for it, in one sentence. */
  readonly needs: string;
}

/** A change that the server refused. */
export interface RefusedChange extends PlantedChange {
  /** The class, or the kind of look-alike. */
  readonly id: string;
  readonly reason: string;
}

/** A change that is no leak, and what was said about it nevertheless. */
export interface LookAlike extends PlantedChange {
  /** The kind of change. */
  readonly id: string;
  /** New errors and warnings, as `rule object`. */
  readonly alarms: readonly string[];
  /** What came to no answer because of it, as `rule object: reason`. */
  readonly undecided: readonly string[];
}

/** How well the verifier does on a database of its user's, by leaks that were planted there. `schemaVersion` as in `Report`. */
export interface SelfTestReport {
  readonly schemaVersion: 1;
  readonly tool: Tool;
  readonly server: Server;
  readonly role: Pick<VerifiedRole, 'app' | 'truth'>;
  /** `failed`: a leak was missed, or something harmless raised an alarm. `inconclusive`: nothing could be planted. */
  readonly outcome: 'passed' | 'failed' | 'inconclusive';
  /** What the verifier says of the database as it is: only what is new beside it counts. */
  readonly before: { readonly findings: readonly string[]; readonly inconclusive: readonly string[] };
  readonly classes: readonly PlantedClass[];
  readonly lookAlikes: readonly LookAlike[];
  readonly refused: readonly RefusedChange[];
  readonly durationMs: number;
}

export function isFound({ lint, probe }: PlantedLeak): boolean {
  return lint.length + probe.length > 0;
}

/** `failed` before anything else; only a self-test that planted something can pass. */
export function selfTestOutcome(
  classes: readonly PlantedClass[],
  lookAlikes: readonly LookAlike[],
): SelfTestReport['outcome'] {
  const leaks = classes.flatMap((one) => one.leaks);
  if (leaks.some((leak) => !isFound(leak)) || lookAlikes.some(({ alarms }) => alarms.length > 0)) return 'failed';
  return leaks.length === 0 ? 'inconclusive' : 'passed';
}
