import type { Finding, Waived } from '../domain/finding.ts';
import type { Waiver } from '../model/model.ts';

/** Sets aside the findings that the model accepts until today. */
export function applyWaivers(
  found: readonly Finding[],
  waivers: readonly Waiver[],
  now: Date,
): { readonly findings: readonly Finding[]; readonly waived: readonly Waived[] } {
  const today = now.toISOString().slice(0, 10);
  const findings: Finding[] = [];
  const waived: Waived[] = [];
  for (const finding of found) {
    const waiver = waivers.find(
      ({ rule, object, until }) =>
        rule === finding.ruleId && object === finding.object && (until === null || until >= today),
    );
    if (waiver) waived.push({ finding, reason: waiver.reason });
    else findings.push(finding);
  }
  return { findings, waived };
}
