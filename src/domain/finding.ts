import { createHash } from 'node:crypto';

/**
 * - `error`: a foreign row can be seen, changed or inferred now, or wrong data is stored
 * - `warning`: opens the door
 * - `info`: residual, cannot be closed by row-level security
 */
export type Severity = 'error' | 'warning' | 'info';

export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** True where `severity` is as bad as `threshold`, or worse. */
export function atLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(threshold);
}

/** One thing that is wrong, in words that a reader understands without knowing the rule. */
export interface Finding {
  /** The rule's id: also its file name, test name and documentation page. */
  readonly ruleId: string;
  readonly severity: Severity;
  /** `schema.relation`, `schema.relation.policy`, `role:name`, or the path of a file. */
  readonly object: string;
  /** Where it stands, if that is in a file of the project. */
  readonly location?: Location;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What happens if it stays, and how to mend it. */
  readonly help: string;
  /** SQL that mends it, where SQL can. */
  readonly fix?: string;
  /** Stable between runs and databases: it holds no OID, message or row value. */
  readonly fingerprint: string;
  /** What was seen: plain JSON, such as tenant, counts and the keys of some rows. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** A place in a file of the project. */
export interface Location {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Where a finding is, for people: the object, or the line of a file. */
export function placeOf({ object, location }: Pick<Finding, 'object' | 'location'>): string {
  return location === undefined ? object : `${location.file}:${location.line}`;
}

/** A probe that did not reach its assertion: neither clean nor a finding. The gate fails on it by default. */
export interface Inconclusive {
  readonly ruleId: string;
  readonly object: string;
  /** Why it was not reached, in one sentence. */
  readonly reason: string;
}

/** A finding that the model accepts, with the reason that it states. */
export interface Waived {
  readonly finding: Finding;
  readonly reason: string;
}

/** A waiver that sets no finding aside. */
export interface IdleWaiver {
  readonly ruleId: string;
  readonly object: string;
  readonly reason: string;
  /** Its last day, if that is over; null where it would still hold. */
  readonly endedOn: string | null;
  /** Whether there is what it waived: then that is among the findings again. */
  readonly isFound: boolean;
}

/** Makes a finding; its fingerprint is the hash of rule, object and `aspect` (what tells apart two findings of one rule on one object). */
export function finding(fields: Omit<Finding, 'fingerprint'>, aspect = ''): Finding {
  const fingerprint = createHash('sha256')
    .update([fields.ruleId, fields.object, aspect].join('\u0000'))
    .digest('hex')
    .slice(0, 16);
  return { ...fields, fingerprint };
}

/**
 * Each finding once: what two layers, or the runs of two app roles, found alike becomes one, with the worst severity, the
 * first words, a fix if any has one, and the evidence of all.
 */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  const merged = new Map<string, Finding>();
  for (const found of findings) {
    const first = merged.get(found.fingerprint);
    const fix = first?.fix ?? found.fix;
    merged.set(
      found.fingerprint,
      first === undefined
        ? found
        : {
            ...first,
            severity: atLeast(found.severity, first.severity) ? found.severity : first.severity,
            ...(fix !== undefined && { fix }),
            evidence: { ...found.evidence, ...first.evidence },
          },
    );
  }
  return [...merged.values()];
}
