import { type Finding, finding, type Inconclusive } from '../domain/finding.ts';
import type { NotCalledFunction, SharedRowsInPart } from '../domain/report.ts';
import type { Rule } from '../domain/rule.ts';

/** What a probe says beyond its metadata. */
export type Observed = Pick<Finding, 'object' | 'message' | 'evidence'> &
  Partial<Pick<Finding, 'severity' | 'fix' | 'help'>>;

/** Collects what the probes saw, each finding and each reason once. */
export class Tally {
  readonly #findings = new Map<string, Finding>();
  readonly #inconclusive = new Map<string, Inconclusive>();
  readonly #unreachable = new Set<string>();
  readonly #denied = new Map<string, { readonly question: string; readonly entry: Inconclusive }>();
  readonly #answered = new Set<string>();
  readonly #unmanaged = new Set<string>();
  readonly #attackers = new Set<string>();
  readonly #sharedInPart: SharedRowsInPart[] = [];
  readonly #notCalled = new Map<string, NotCalledFunction>();
  readonly #changedInPart = new Set<string>();
  #checks = 0;

  /** Assertions that were reached, whatever their outcome. */
  check(count = 1): void {
    this.#checks += count;
  }

  /** `aspect` tells apart two findings of one rule on one object. */
  find(rule: Rule, observed: Observed, aspect = ''): void {
    const made = finding({ ruleId: rule.id, severity: rule.severity, help: rule.help, ...observed }, aspect);
    if (!this.#findings.has(made.fingerprint)) this.#findings.set(made.fingerprint, made);
  }

  /** A probe did not reach its assertion. */
  inconclusive(ruleId: string, object: string, reason: string): void {
    this.#inconclusive.set([ruleId, object, reason].join('\u0000'), { ruleId, object, reason });
  }

  /** What one probe could not judge another one has. */
  settle(ruleId: string, object: string): void {
    for (const [key, entry] of this.#inconclusive) {
      if (entry.ruleId === ruleId && entry.object === object) this.#inconclusive.delete(key);
    }
  }

  /** The app role has no privilege on it: nothing can be seen, and that says nothing about its policies. */
  unreachable(object: string): void {
    this.#unreachable.add(object);
  }

  /** An app role may not ask something: no answer, unless another role is answered the same question. */
  denied(question: string, ruleId: string, object: string, reason: string): void {
    this.#denied.set([ruleId, object, reason].join('\u0000'), { question, entry: { ruleId, object, reason } });
  }

  /** An app role was answered. */
  answered(question: string): void {
    this.#answered.add(question);
  }

  /** The app role reaches it, and it is another system's. */
  unmanaged(object: string): void {
    this.#unmanaged.add(object);
  }

  /** A subject in whose name writes are tried. */
  attacker(subject: string): void {
    this.#attackers.add(subject);
  }

  /** Shared rows of a relation were compared in full for some subjects only. */
  sharedInPart(part: SharedRowsInPart): void {
    this.#sharedInPart.push(part);
  }

  /** A function that the app role may call, and that was not called. */
  uncalled({ object, reason }: NotCalledFunction): void {
    this.#notCalled.set(object, { object, reason });
  }

  /** Only some of the rows of others in it were changed. */
  inPart(object: string): void {
    this.#changedInPart.add(object);
  }

  get checks(): number {
    return this.#checks;
  }
  get attackers(): number {
    return this.#attackers.size;
  }
  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }
  get inconclusives(): readonly Inconclusive[] {
    const denied = [...this.#denied.values()].filter(({ question }) => !this.#answered.has(question));
    return [...this.#inconclusive.values(), ...denied.map(({ entry }) => entry)];
  }
  get unreachables(): readonly string[] {
    return [...this.#unreachable];
  }
  get unmanagedRelations(): readonly string[] {
    return [...this.#unmanaged];
  }
  get sharedRowsInPart(): readonly SharedRowsInPart[] {
    return this.#sharedInPart;
  }
  get notCalled(): readonly NotCalledFunction[] {
    return [...this.#notCalled.values()];
  }
  get changedInPart(): readonly string[] {
    return [...this.#changedInPart];
  }
}
