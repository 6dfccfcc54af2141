import type { GeneratedRows, Report } from '../domain/report.ts';
import { count, countFindings, judgedSections, pageOf, shownObjects, type Page, type TextOptions } from './sections.ts';
import { printable, wrap } from './wrap.ts';

/** The report for people: who looked, what is wrong with the worst first, what could not be told, and the verdict as the last line. */
export function formatText(report: Report, options: TextOptions): string {
  const page = pageOf(options);
  const sections = [header(report, page), ...judgedSections(report, page), verdict(report, page)];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function describeLogin({ user, roles }: NonNullable<Report['role']['login']>): string {
  return `${user}, to read as ${roles.join(', ')}; SET ROLE for the rest`;
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
    ...(coverage.unproved === undefined
      ? []
      : [['proofs', `none, the probes alone decide: ${coverage.unproved}`] as const]),
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
    ...(coverage.unmanaged ?? []).map(({ schema, reason, relations }) => {
      const reached = relations.length === 0 ? '' : `; ${role.app} reaches ${relations.join(', ')}`;
      return ['left out', `schema ${schema}, by the model: ${reason}${reached}`] as const;
    }),
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
  return `${proved} proved for every tenant and every row, ${refuted} refuted, ${unknown} unknown; ${describeCells(claims)}${by}`;
}

/** For how many of relation × role × command all is proved. */
function describeCells(claims: NonNullable<Report['coverage']['proofs']>['claims']): string {
  const cellOf = ({ object, role, command }: (typeof claims)[number]): string => `${object} ${role} ${command}`;
  const all = new Set(claims.map(cellOf));
  const open = new Set(claims.filter(({ answer }) => answer !== 'proved').map(cellOf));
  return `relation × role × command: all proved for ${all.size - open.size} of ${all.size}`;
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

function verdict({ outcome, coverage, findings, inconclusive }: Report, { paint }: Page): readonly string[] {
  const scope = `${count(coverage.tenants, 'tenant')} × ${count(coverage.relations, 'relation')}, ${count(coverage.checks, 'check')}`;
  const counted = countFindings(findings);
  if (outcome === 'leaks') {
    const objects = new Set(findings.map(({ object }) => object)).size;
    return [paint.red.bold(`LEAKS: ${counted} on ${count(objects, 'object')} (${scope})`)];
  }
  if (outcome === 'inconclusive') {
    return [
      paint.yellow.bold(
        `INCONCLUSIVE: ${count(inconclusive.length, 'check')} not reached (${scope}), nothing foreign seen in the others`,
      ),
    ];
  }
  const below = counted !== '' ? `; ${counted} below the threshold` : '';
  return [paint.green.bold(`clean: ${scope}, nothing foreign seen${below}`)];
}
