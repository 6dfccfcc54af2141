import type { Finding, IdleWaiver, Waived } from '../domain/finding.ts';
import type { Layer } from '../domain/rule.ts';
import { lintRules } from '../lint/index.ts';
import type { Waiver } from '../model/model.ts';
import { probes } from '../probe/index.ts';
import { changeRules } from '../prove/change-rules.ts';

/** What a run has looked for. */
export interface LookedFor {
  readonly layers: readonly Layer[];
  /** Whether writes were tried. */
  readonly writes: boolean;
  /** Whether only some relations or tenants were looked at. */
  readonly inPart: boolean;
  /** Objects of which something could not be told. */
  readonly undecided: ReadonlySet<string>;
}

/** What is left of the findings, and what became of the waivers. */
export interface Applied {
  readonly findings: readonly Finding[];
  readonly waived: readonly Waived[];
  readonly idleWaivers: readonly IdleWaiver[];
}

/** Sets aside the findings that the model accepts until today. A waiver that sets nothing aside is told, where that is certain. */
export function applyWaivers(
  found: readonly Finding[],
  waivers: readonly Waiver[],
  lookedFor: LookedFor,
  now: Date,
): Applied {
  const today = now.toISOString().slice(0, 10);
  const hasEnded = ({ until }: Waiver): boolean => until !== null && until < today;
  const matches = ({ rule, object }: Waiver, finding: Finding): boolean =>
    rule === finding.ruleId && object === finding.object;
  const findings: Finding[] = [];
  const waived: Waived[] = [];
  for (const finding of found) {
    const waiver = waivers.find((one) => matches(one, finding) && !hasEnded(one));
    if (waiver) waived.push({ finding, reason: waiver.reason });
    else findings.push(finding);
  }
  const idleWaivers = waivers.flatMap((waiver): IdleWaiver[] => {
    const { rule: ruleId, object, reason, until } = waiver;
    const isAmong = (some: readonly Finding[]): boolean => some.some((finding) => matches(waiver, finding));
    if (hasEnded(waiver)) return [{ ruleId, object, reason, endedOn: until, isFound: isAmong(findings) }];
    if (isAmong(found) || !wasLookedFor(waiver, lookedFor)) return [];
    return [{ ruleId, object, reason, endedOn: null, isFound: false }];
  });
  return { findings, waived, idleWaivers };
}

function wasLookedFor({ rule, object }: Waiver, { layers, writes, inPart, undecided }: LookedFor): boolean {
  if (inPart || undecided.has(object) || changeRules.some(({ id }) => id === rule)) return false;
  if (lintRules.some(({ id }) => id === rule) && !layers.includes('lint')) return false;
  const probe = probes.find(({ id }) => id === rule);
  if (probe === undefined) return true;
  return layers.includes('probe') && (writes || (!probe.writes && probe.runWrites === undefined));
}
