import type { ChalkInstance } from 'chalk';
import type { Examination } from '../../app/doctor.ts';
import type { CheckResult } from '../../preflight/examine.ts';
import { printable, wrap } from '../../report/wrap.ts';
import type { Terminal } from '../terminal.ts';

type Outcome = CheckResult['outcome'];

const signs: Readonly<Record<Outcome, string>> = { ok: '✓', warning: '!', refused: '✗', unknown: '?', skipped: '-' };
const words: readonly (readonly [Outcome, one: string, many: string])[] = [
  ['refused', 'refused', 'refused'],
  ['unknown', 'not known', 'not known'],
  ['warning', 'warning', 'warnings'],
  ['skipped', 'skipped', 'skipped'],
  ['ok', 'ok', 'ok'],
];

/** Lines that one check may take for what it was seen on. */
const mostDetails = 6;

/** What the checks have found: a line each, and below it what it was seen on and what to do. */
export function renderExamination(
  { database, role, server, checks }: Examination,
  { out: chalk, width }: Pick<Terminal, 'out' | 'width'>,
): string {
  const column = Math.max(...checks.map(({ id }) => id.length));
  const lines = checks.map((check) => renderCheck(check, chalk, column, width));
  const counts = words.flatMap(([outcome, one, many]) => {
    const count = checks.filter((check) => check.outcome === outcome).length;
    return count === 0 ? [] : `${count} ${count === 1 ? one : many}`;
  });
  const heading = chalk.bold(printable(`${database}, PostgreSQL ${server}, as ${role}`));
  return [heading, '', ...lines, '', `${counts.join(', ')}.`].join('\n');
}

function renderCheck(check: CheckResult, chalk: ChalkInstance, column: number, width: number): string {
  const { id, outcome, message, details = [], advice, sql = [] } = check;
  const color = {
    ok: chalk.green,
    warning: chalk.yellow,
    refused: chalk.red,
    unknown: chalk.yellow,
    skipped: chalk.dim,
  };
  const indent = ' '.repeat(column + 6);
  const room = Math.max(40, width - indent.length);
  const block = (text: string, first: string, rest: string) =>
    wrap(printable(text), room - first.length).map((line, index) => (index === 0 ? first : rest) + line);
  const shown =
    details.length > mostDetails
      ? [...details.slice(0, mostDetails - 1), `and ${details.length - mostDetails + 1} more; --json has all`]
      : details;
  const below = [
    ...shown.flatMap((line) => block(line, '', '  ')),
    ...(advice === undefined ? [] : block(advice, '→ ', '  ').map((line) => chalk.cyan(line))),
    // Not broken: it is there to be copied.
    ...sql.map((statement) => chalk.cyan(`  ${printable(statement)}`)),
  ];
  const [first = '', ...more] = block(message, '', '');
  return [
    `  ${color[outcome](signs[outcome])} ${id.padEnd(column)}  ${first}`,
    ...[...more, ...below].map((line) => indent + line),
  ].join('\n');
}
