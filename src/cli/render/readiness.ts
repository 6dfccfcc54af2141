import Table from 'cli-table3';
import type { Readiness } from '../../app/readiness.ts';
import { formatQualified } from '../../sql/ident.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from './table.ts';

/** Whether the contract phase may begin: a table of what is counted, and what speaks against it. */
export function renderReadiness({ ready, pending, backfills, tables }: Readiness, { out: chalk }: Terminal): string {
  const table = new Table({
    ...plainTable,
    head: ['table', 'rows', 'no tenant', 'unknown tenant', 'writes without a context'].map((text) => chalk.bold(text)),
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  const bad = (count: number): string => (count === 0 ? '0' : chalk.red(count.toLocaleString('en')));
  for (const { table: name, rows, unattributed, unknown, contextlessWrites: writes } of tables) {
    table.push([
      formatQualified(name),
      rows.toLocaleString('en'),
      bad(unattributed),
      bad(unknown),
      writes === null ? 'not counted' : writes === 0 ? '0' : chalk.yellow(writes.toLocaleString('en')),
    ]);
  }
  const sum = (of: 'unattributed' | 'unknown'): number => tables.reduce((total, one) => total + one[of], 0);
  const against = [
    pending.length === 0
      ? null
      : `${count(pending.length, 'file')} of the phases before it to apply: \`rowhouse migrate --phase backfill\``,
    backfills.length === 0
      ? null
      : `unfinished: ${backfills.map(({ name }) => name).join(', ')}; see \`rowhouse backfill status\``,
    sum('unattributed') === 0 ? null : `${count(sum('unattributed'), 'row')} without a tenant`,
    sum('unknown') === 0 ? null : `${count(sum('unknown'), 'row')} of tenants that do not exist`,
  ].filter((line) => line !== null);
  const verdict = ready
    ? chalk.green('Ready for the contract phase: every row has a tenant.')
    : `${chalk.red('Not ready for the contract phase:')}\n${against.map((line) => `  ${line}`).join('\n')}`;
  const counted = tables.some(({ contextlessWrites }) => (contextlessWrites ?? 0) > 0)
    ? `\n${chalk.yellow('Some code still writes without a context, and will be refused.')} The server's log names its role and application.`
    : '';
  const parts = tables.flatMap(({ uncounted }) => uncounted);
  const uncounted =
    parts.length === 0
      ? ''
      : `\nNot counted: what is written directly to ${parts.map(formatQualified).join(', ')}, made since the expand phase.`;
  return `${tables.length === 0 ? '' : `${table.toString()}\n\n`}${verdict}${counted}${uncounted}`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
