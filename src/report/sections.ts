import { Chalk, type ChalkInstance } from 'chalk';
import {
  placeOf,
  severities,
  type Finding,
  type IdleWaiver,
  type Inconclusive,
  type Severity,
  type Waived,
} from '../domain/finding.ts';
import type { Judged } from '../domain/report.ts';
import { printable, wrap } from './wrap.ts';

export interface TextOptions {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

export interface Page {
  readonly paint: ChalkInstance;
  readonly width: number;
}

/** Subjects of a finding, and rows of each, that are shown; the JSON report holds more. */
const shownEvidence = 3;
/** Objects that are named for one reason. */
export const shownObjects = 8;

export function pageOf({ color, width }: TextOptions): Page {
  // The level is given, so that chalk does not ask the process.
  return { paint: new Chalk({ level: color ? 1 : 0 }), width: Math.max(40, width) };
}

/** What was found with the worst first, what could not be told, and what is waived. */
export function judgedSections(report: Judged, page: Page): readonly (readonly string[])[] {
  return [
    ...(['error', 'warning'] as const).flatMap((severity) =>
      report.findings
        .filter((finding) => finding.severity === severity)
        .map((finding) => findingSection(finding, page)),
    ),
    ...remarksSection(report.findings, page),
    ...inconclusiveSection(report.inconclusive, page),
    ...waivedSection(report, page),
  ];
}

/** `2 errors, 1 warning`; nothing where there are none. */
export function countFindings(findings: readonly Finding[]): string {
  return severities
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => (severity === 'info' ? `${number} info` : count(number, severity)))
    .join(', ');
}

const colors = { error: 'red', warning: 'yellow', info: 'blue' } as const satisfies Record<Severity, string>;

function findingSection(finding: Finding, { paint, width }: Page): readonly string[] {
  const indented = (text: string, style: (line: string) => string = (line) => line): readonly string[] =>
    wrap(printable(text), width - 2).map((line) => `  ${style(line)}`);
  return [
    `${paint[colors[finding.severity]].bold(finding.severity)} ${paint.bold(printable(placeOf(finding)))} ${paint.dim(finding.ruleId)}`,
    ...indented(finding.message),
    ...evidenceRows(finding.evidence).map((row) => `    ${paint.dim(printable(row))}`),
    ...indented(finding.help, paint.dim),
    // SQL is for copying: it is not wrapped.
    ...(finding.fix === undefined ? [] : finding.fix.split('\n').map((line) => `  ${paint.green(printable(line))}`)),
  ];
}

interface EvidenceSubject {
  readonly subject?: unknown;
  readonly rows?: unknown;
}

/** The rows that a finding names, a line each: their keys are for copying, and not wrapped. */
function evidenceRows(evidence: Finding['evidence']): readonly string[] {
  const subjects = Array.isArray(evidence['subjects']) ? (evidence['subjects'] as readonly EvidenceSubject[]) : [];
  return subjects.slice(0, shownEvidence).flatMap(({ subject, rows }) => {
    const named = Array.isArray(rows) ? rows.slice(0, shownEvidence).map(describeRow) : [];
    return typeof subject === 'string' ? named.map((row) => `${subject}: ${row}`) : [];
  });
}

function describeRow(row: unknown): string {
  const { row: key, owner } = row as {
    readonly row: Readonly<Record<string, string | null>>;
    readonly owner: string | null;
  };
  const columns = Object.entries(key).map(([column, value]) => `${column} ${value ?? 'NULL'}`);
  return `${columns.join(', ')}${owner === null ? '' : ` of ${owner}`}`;
}

/** What fails nothing takes a line or two a rule: `rowhouse explain` has the rest. */
function remarksSection(findings: readonly Finding[], { paint, width }: Page): readonly (readonly string[])[] {
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.severity === 'info') byRule.set(finding.ruleId, [...(byRule.get(finding.ruleId) ?? []), finding]);
  }
  if (byRule.size === 0) return [];
  const rules = [...byRule].flatMap(([ruleId, of]) => {
    const [first] = of;
    const [line = '', ...rest] = wrap(
      `${ruleId} ${printable(namedPlaces(of))}: ${printable(first?.message ?? '')}`,
      width - 4,
    );
    return [`  ${paint.dim(ruleId)}${line.slice(ruleId.length)}`, ...rest.map((more) => `    ${more}`)];
  });
  return [[`${paint.blue.bold('info')} remarks that fail nothing; rowhouse explain <rule> says more`, ...rules]];
}

/** The first objects, and how many more there are. */
function namedPlaces(of: readonly Pick<Finding, 'object' | 'location'>[]): string {
  const objects = [...new Set(of.map(placeOf))];
  const more = objects.length > shownObjects ? ` and ${objects.length - shownObjects} more` : '';
  return `${objects.slice(0, shownObjects).join(', ')}${more}`;
}

/** One reason often holds for many objects: it is said once. */
function inconclusiveSection(
  inconclusive: readonly Inconclusive[],
  { paint, width }: Page,
): readonly (readonly string[])[] {
  const byReason = new Map<string, Inconclusive[]>();
  for (const entry of inconclusive) {
    const key = `${entry.ruleId}\n${entry.reason}`;
    byReason.set(key, [...(byReason.get(key) ?? []), entry]);
  }
  return [...byReason.values()].map((entries) => {
    const [first] = entries;
    return [
      `${paint.yellow.bold('inconclusive')} ${paint.bold(printable(namedPlaces(entries)))} ${paint.dim(first?.ruleId ?? '')}`,
      ...wrap(printable(first?.reason ?? ''), width - 2).map((line) => `  ${line}`),
    ];
  });
}

function waivedSection({ waived, idleWaivers }: Judged, { paint }: Page): readonly (readonly string[])[] {
  const lines = [
    ...groupedWaived(waived).map(({ place, ruleId, reason }) =>
      paint.dim(`waived ${printable(place)} ${ruleId}: ${printable(reason)}`),
    ),
    ...idleWaivers.map((waiver) => {
      const named = `${printable(waiver.object)} ${printable(waiver.ruleId)}`;
      // What is found again is no remark.
      return waiver.isFound
        ? paint.yellow(`no longer waived ${named}: the waiver ended on ${waiver.endedOn}`)
        : paint.dim(`waiver of ${named} is of no use: ${uselessness(waiver)}`);
    }),
  ];
  return lines.length === 0 ? [] : [lines];
}

/** What one line of a file allows is told in one. */
function groupedWaived(waived: readonly Waived[]): readonly { place: string; ruleId: string; reason: string }[] {
  const groups = new Map<string, Waived[]>();
  for (const one of waived) {
    const key = JSON.stringify([one.finding.object, one.finding.ruleId, one.reason]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { finding, reason } = first;
    const place = group.length === 1 ? placeOf(finding) : `${finding.object} (${group.length} places)`;
    return [{ place, ruleId: finding.ruleId, reason }];
  });
}

function uselessness({ endedOn }: IdleWaiver): string {
  return endedOn === null ? 'nothing of it is found' : `it ended on ${endedOn}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
