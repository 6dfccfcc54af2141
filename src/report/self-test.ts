import { Chalk, type ChalkInstance } from 'chalk';
import {
  isFound,
  type PlantedChange,
  type PlantedClass,
  type PlantedLeak,
  type SelfTestReport,
} from '../domain/self-test.ts';
import type { TextOptions } from './sections.ts';
import { printable, wrap } from './wrap.ts';

/** What a self-test tells, for people: a line a class, what was missed and what alarmed in vain with its SQL, and the rate. */
export function formatSelfTest(report: SelfTestReport, { color, width }: TextOptions): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const page = { paint, width: Math.max(40, width) };
  const sections = [
    header(report, page),
    ...table(report.classes, page),
    ...missed(report, page),
    ...alarms(report, page),
    ...without(report, page),
    verdict(report, page),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Page {
  readonly paint: ChalkInstance;
  readonly width: number;
}

type Section = readonly string[];

function header({ server, role, before }: SelfTestReport, { paint }: Page): Section {
  const known = before.findings.length + before.inconclusive.length;
  return [
    `${paint.dim('server'.padEnd(10))} PostgreSQL ${server.version}, database ${printable(server.database)}`,
    `${paint.dim('role'.padEnd(10))} ${printable(role.app)}, against the truth of ${printable(role.truth)}`,
    ...(known === 0
      ? []
      : [
          `${paint.dim('before'.padEnd(10))} ${before.findings.length} findings and ${before.inconclusive.length} inconclusive checks: only what is new beside them counts`,
        ]),
  ];
}

const columns = ['planted', 'lint', 'probe', 'found'] as const;

function table(classes: readonly PlantedClass[], { paint }: Page): readonly Section[] {
  const planted = classes.filter(({ leaks }) => leaks.length > 0);
  if (planted.length === 0) return [];
  const longest = Math.max(...planted.map(({ id }) => id.length));
  const line = (name: string, values: readonly (string | number)[]): string =>
    `${name.padEnd(longest)}${values.map((value, index) => String(value).padStart((columns[index]?.length ?? 0) + 2)).join('')}`;
  return [
    [
      paint.dim(line('class', columns)),
      ...planted.map(({ id, leaks }) => {
        const found = leaks.filter(isFound).length;
        const lint = leaks.filter((leak) => leak.lint.length > 0).length;
        const probe = leaks.filter((leak) => leak.probe.length > 0).length;
        const text = line(id, [leaks.length, lint, probe, found]);
        return found === leaks.length ? text : paint.red(text);
      }),
    ],
  ];
}

function missed({ classes }: SelfTestReport, page: Page): readonly Section[] {
  return classes.flatMap(({ id, leaks }) =>
    leaks.filter((leak) => !isFound(leak)).map((leak) => missedLeak(id, leak, page)),
  );
}

function missedLeak(id: string, leak: PlantedLeak, page: Page): Section {
  const { paint } = page;
  return [
    `${paint.red.bold('missed')} ${paint.bold(printable(leak.object))} ${paint.dim(`${id} ${leak.variant}`)}`,
    ...(leak.beside.length > 0 ? indented(`Found as something else: ${leak.beside.join(', ')}.`, page) : []),
    ...leak.undecided.flatMap((reason) => indented(`Inconclusive: ${reason}`, page)),
    ...sqlOf(leak, page),
  ];
}

function alarms({ lookAlikes }: SelfTestReport, page: Page): readonly Section[] {
  const { paint } = page;
  return lookAlikes
    .filter((one) => one.alarms.length + one.undecided.length > 0)
    .map((one) => [
      `${one.alarms.length > 0 ? paint.red.bold('false alarm') : paint.yellow.bold('inconclusive')} ${paint.bold(printable(one.object))} ${paint.dim(`${one.id} ${one.variant}`)}`,
      ...one.alarms.flatMap((alarm) => indented(alarm, page)),
      ...one.undecided.flatMap((reason) => indented(`Inconclusive: ${reason}`, page)),
      ...sqlOf(one, page),
    ]);
}

/** Classes for which this database has no place, and changes that the server refused. */
function without({ classes, refused }: SelfTestReport, page: Page): readonly Section[] {
  const lines = [
    ...classes
      .filter(({ id, leaks }) => leaks.length === 0 && !refused.some((one) => one.id === id))
      .map(({ id, needs }) => `${id} has no place here. It needs: ${needs}`),
    ...refused.map(({ id, variant, object, reason }) => `${id} ${variant} on ${object} was refused: ${reason}`),
  ];
  return lines.length === 0 ? [] : [lines.flatMap((line) => indented(line, page, page.paint.dim, 0))];
}

function indented(text: string, { width }: Page, style = (line: string): string => line, by = 2): Section {
  return wrap(printable(text), width - by).map((line) => `${' '.repeat(by)}${style(line)}`);
}

/** SQL is for copying: it is not wrapped. */
function sqlOf({ sql }: PlantedChange, { paint }: Page): Section {
  return sql.split('\n').map((line) => `  ${paint.dim(printable(line))}`);
}

function verdict({ classes, lookAlikes, outcome }: SelfTestReport, { paint }: Page): Section {
  const leaks = classes.flatMap((one) => one.leaks);
  const found = leaks.filter(isFound).length;
  const rate = leaks.length === 0 ? '' : ` (${Math.floor((100 * found) / leaks.length)} %)`;
  const vain = lookAlikes.filter((one) => one.alarms.length > 0).length;
  const color = { passed: paint.green, failed: paint.red, inconclusive: paint.yellow }[outcome];
  return [
    color.bold(
      `${found} of ${leaks.length} planted leaks found${rate}; ${vain} false alarms among ${lookAlikes.length} harmless changes`,
    ),
  ];
}
