import { Chalk, type ChalkInstance } from 'chalk';
import { severities, type Finding, type IdleWaiver, type Inconclusive, type Severity } from '../domain/finding.ts';
import type { GeneratedRows, Report } from '../domain/report.ts';
import { printable, wrap } from './wrap.ts';

export interface TextOptions {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Subjects of a finding, and rows of each, that are shown; the JSON report holds more. */
const shownEvidence = 3;
/** Objects that are named for one reason. */
const shownObjects = 8;

/** The report for people: who looked, what is wrong with the worst first, what could not be told, and the verdict as the last line. */
export function formatText(report: Report, { color, width }: TextOptions): string {
  // The level is given, so that chalk does not ask the process.
  const paint = new Chalk({ level: color ? 1 : 0 });
  const page = { paint, width: Math.max(40, width) };
  const sections = [
    header(report, page),
    ...(['error', 'warning'] as const).flatMap((severity) =>
      report.findings
        .filter((finding) => finding.severity === severity)
        .map((finding) => findingSection(finding, page)),
    ),
    ...remarksSection(report.findings, page),
    ...inconclusiveSection(report.inconclusive, page),
    ...waivedSection(report, page),
    verdict(report, page),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function describeLogin({ user, roles }: NonNullable<Report['role']['login']>): string {
  return `${user}, to read as ${roles.join(', ')}; SET ROLE for the rest`;
}

interface Page {
  readonly paint: ChalkInstance;
  readonly width: number;
}

function header({ server, role, coverage }: Report, { paint, width }: Page): readonly string[] {
  const bound = role.truthRowSecurityActive ? ', which row-level security binds' : '';
  const facts: readonly (readonly [string, string])[] = [
    ['server', `PostgreSQL ${server.version}, database ${server.database}`],
    ['role', `${role.app}, against the truth of ${role.truth}${bound}`],
    ...(role.login ? [['login', describeLogin(role.login)] as const] : []),
    [
      'coverage',
      `${count(coverage.tenants, 'tenant')} × ${count(coverage.relations, 'relation')}, ${count(coverage.checks, 'check')}${writers(coverage)}`,
    ],
    ...(coverage.change ? [['change', `from ${coverage.change.before} to ${coverage.change.after}`] as const] : []),
    ...(coverage.proofs ? [['proofs', describeProofs(coverage.proofs)] as const] : []),
    ...(coverage.generated ? [['generated', describeGenerated(coverage.generated)] as const] : []),
    ...(coverage.sampled
      ? [
          [
            'sample',
            `${coverage.tenants} of ${count(coverage.sampled.of, 'tenant')}, chosen by seed ${coverage.sampled.seed}: the others were not looked at`,
          ] as const,
        ]
      : []),
    ...(coverage.sharedInPart ?? []).map(
      ({ relation, rows, inFull, inPart }) =>
        [
          'in part',
          `${count(rows, 'shared row')} of ${relation}: all of them for ${count(inFull, 'tenant')}, a few for the other ${inPart}; all other rows for every tenant`,
        ] as const,
    ),
    ...(coverage.unreachable.length > 0
      ? [
          [
            'no access',
            `${coverage.unreachable.join(', ')}: closed by privileges, so its policies were not tried`,
          ] as const,
        ]
      : []),
    ...calledFacts(coverage),
  ];
  return facts.flatMap(([name, value]) =>
    wrap(printable(value), width - 11).map(
      (line, index) => `${paint.dim((index === 0 ? name : '').padEnd(10))} ${line}`,
    ),
  );
}

/** Who tried writes, where that was not every tenant. */
function writers({ attackers, tenants }: Report['coverage']): string {
  return attackers === 0 || attackers >= tenants ? '' : `; writes as ${attackers} of the tenants`;
}

function describeProofs({ proved, refuted, unknown, claims }: NonNullable<Report['coverage']['proofs']>): string {
  const notes = new Set(claims.flatMap(({ answer, reasons }) => (answer === 'proved' ? reasons : [])));
  const by = notes.size === 0 ? '' : `; ${[...notes].join('; ')}`;
  return `${proved} proved for every tenant and every row, ${refuted} refuted, ${unknown} unknown${by}`;
}

function describeGenerated({ tenants, rows, relations, kept }: GeneratedRows): string {
  const scope = `${count(rows, 'row')} of ${count(tenants, 'tenant')} in ${count(relations, 'table')}`;
  return kept
    ? `${scope}, which stay: drop the scratch database to be rid of them`
    : `${scope}, rolled back with the rest`;
}

function calledFacts({
  notCalled = [],
  changedInPart = [],
}: Report['coverage']): readonly (readonly [string, string])[] {
  const reasons = new Map<string, string[]>();
  for (const { object, reason } of notCalled) reasons.set(reason, [...(reasons.get(reason) ?? []), object]);
  const told = [...reasons].map(([reason, objects]) => {
    const more = objects.length > shownObjects ? ` and ${objects.length - shownObjects} more` : '';
    return `${objects.slice(0, shownObjects).join(', ')}${more}: ${reason}`;
  });
  return [
    ...told.map((text) => ['not called', text] as const),
    ...(changedInPart.length > 0
      ? [['in part', `${changedInPart.join(', ')}: only some rows of others were changed, to see who notices`] as const]
      : []),
  ];
}

const colors = { error: 'red', warning: 'yellow', info: 'blue' } as const satisfies Record<Severity, string>;

function findingSection(finding: Finding, { paint, width }: Page): readonly string[] {
  const indented = (text: string, style: (line: string) => string = (line) => line): readonly string[] =>
    wrap(printable(text), width - 2).map((line) => `  ${style(line)}`);
  return [
    `${paint[colors[finding.severity]].bold(finding.severity)} ${paint.bold(printable(finding.object))} ${paint.dim(finding.ruleId)}`,
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
      `${ruleId} ${printable(namedObjects(of))}: ${printable(first?.message ?? '')}`,
      width - 4,
    );
    return [`  ${paint.dim(ruleId)}${line.slice(ruleId.length)}`, ...rest.map((more) => `    ${more}`)];
  });
  return [[`${paint.blue.bold('info')} remarks that fail nothing; rowhouse explain <rule> says more`, ...rules]];
}

/** The first objects, and how many more there are. */
function namedObjects(of: readonly { readonly object: string }[]): string {
  const objects = of.slice(0, shownObjects).map(({ object }) => object);
  return `${objects.join(', ')}${of.length > shownObjects ? ` and ${of.length - shownObjects} more` : ''}`;
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
      `${paint.yellow.bold('inconclusive')} ${paint.bold(printable(namedObjects(entries)))} ${paint.dim(first?.ruleId ?? '')}`,
      ...wrap(printable(first?.reason ?? ''), width - 2).map((line) => `  ${line}`),
    ];
  });
}

function waivedSection({ waived, idleWaivers }: Report, { paint }: Page): readonly (readonly string[])[] {
  const lines = [
    ...waived.map(({ finding, reason }) =>
      paint.dim(`waived ${printable(finding.object)} ${finding.ruleId}: ${printable(reason)}`),
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

function uselessness({ endedOn }: IdleWaiver): string {
  return endedOn === null ? 'nothing of it is found' : `it ended on ${endedOn}`;
}

function verdict({ outcome, coverage, findings, inconclusive }: Report, { paint }: Page): readonly string[] {
  const scope = `${count(coverage.tenants, 'tenant')} × ${count(coverage.relations, 'relation')}, ${count(coverage.checks, 'check')}`;
  const counted = severities
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => (severity === 'info' ? `${number} info` : count(number, severity)));
  if (outcome === 'leaks') {
    const objects = new Set(findings.map(({ object }) => object)).size;
    return [paint.red.bold(`LEAKS: ${counted.join(', ')} on ${count(objects, 'object')} (${scope})`)];
  }
  if (outcome === 'inconclusive') {
    return [
      paint.yellow.bold(
        `INCONCLUSIVE: ${count(inconclusive.length, 'check')} not reached (${scope}), nothing foreign seen in the others`,
      ),
    ];
  }
  const below = counted.length > 0 ? `; ${counted.join(', ')} below the threshold` : '';
  return [paint.green.bold(`clean: ${scope}, nothing foreign seen${below}`)];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
