import { atLeast, type Finding, type Inconclusive } from '../domain/finding.ts';
import type { LookAlike, PlantedLeak } from '../domain/self-test.ts';
import type { Change, Mutation } from './mutation.ts';

/** What the verifier says of a database. */
export interface Verdict {
  readonly lint: readonly Finding[];
  readonly probe: readonly Finding[];
  readonly inconclusive: readonly Inconclusive[];
}

/** What it said before anything was planted: known afterwards. */
export class Before {
  /** As `rule object`. */
  readonly findings: readonly string[];
  /** As `rule object: reason`. */
  readonly inconclusive: readonly string[];
  readonly #known: ReadonlySet<string>;

  constructor({ lint, probe, inconclusive }: Verdict) {
    const findings = [...lint, ...probe].filter(isAlarm);
    this.findings = [...new Set(findings.map(nameOf))];
    this.inconclusive = inconclusive.map(withReason);
    this.#known = new Set([...findings.map(({ fingerprint }) => fingerprint), ...inconclusive.map(nameOf)]);
  }

  /** The errors and warnings that are new. */
  alarms(findings: readonly Finding[]): readonly Finding[] {
    return findings.filter((finding) => isAlarm(finding) && !this.#known.has(finding.fingerprint));
  }

  /** What came to no answer and did before. */
  undecided(inconclusive: readonly Inconclusive[]): readonly string[] {
    return inconclusive.filter((one) => !this.#known.has(nameOf(one))).map(withReason);
  }
}

/** A residual risk is not what a leak is found by, and no alarm. */
function isAlarm({ severity }: Finding): boolean {
  return atLeast(severity, 'warning');
}

function withReason(one: Inconclusive): string {
  return `${nameOf(one)}: ${one.reason}`;
}

function nameOf({ ruleId, object }: Finding | Inconclusive): string {
  return `${ruleId} ${object}`;
}

/** Which rules found a leak that was planted. */
export function judgeLeak(mutation: Mutation, change: Change, before: Before, verdict: Verdict): PlantedLeak {
  const right = new Set([mutation.id, ...mutation.foundBy, ...(change.foundBy ?? [])]);
  const [lint, probe] = [verdict.lint, verdict.probe].map((findings) => rulesOf(before.alarms(findings)));
  return {
    ...planted(change),
    lint: (lint ?? []).filter((rule) => right.has(rule)),
    probe: (probe ?? []).filter((rule) => right.has(rule)),
    beside: [...new Set([...(lint ?? []), ...(probe ?? [])])].filter((rule) => !right.has(rule)),
    undecided: before.undecided(verdict.inconclusive),
  };
}

/** What was said about a change that is harmless. */
export function judgeLookAlike(id: string, change: Change, before: Before, verdict: Verdict): LookAlike {
  return {
    id,
    ...planted(change),
    alarms: [...new Set(before.alarms([...verdict.lint, ...verdict.probe]).map(nameOf))],
    undecided: before.undecided(verdict.inconclusive),
  };
}

function rulesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ ruleId }) => ruleId))].sort();
}

/** What a report says of a change. */
export function planted({ variant, object, sql }: Change): Pick<Change, 'variant' | 'object' | 'sql'> {
  return { variant, object, sql: sql.trim() };
}
