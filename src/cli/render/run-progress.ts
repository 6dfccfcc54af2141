import cliProgress from 'cli-progress';
import { formatDuration } from '../../domain/duration.ts';
import type { OnRunEvent, RunEvent } from '../../migrate/events.ts';
import { describeHolder } from '../../postgres/advisory-lock.ts';
import { describeBlocker } from '../../postgres/blockers.ts';
import { describeTransaction } from '../../postgres/open-transactions.ts';
import type { Terminal } from '../terminal.ts';

/** Without a terminal a long backfill says at most this often that it lives. */
const quietIntervalMs = 10_000;

/** Draws a run on stderr as it happens: a line a file, and a bar for a backfill where there is a terminal. */
export function drawRun(terminal: Terminal): {
  onEvent: OnRunEvent;
  /** Takes a bar away, for a line of the caller's. */
  clear: () => void;
  /** Takes a bar away for good. */
  close: () => void;
} {
  const { err: chalk, interactive } = terminal;
  let bar: cliProgress.SingleBar | null = null;
  let saidAt = Date.now();
  let nameWidth = 0;
  let lastBlockers = '';
  let atWork = '';
  let closed = false;
  const clear = () => {
    bar?.stop();
    bar = null;
  };
  const close = () => {
    closed = true;
    clear();
  };
  const line = (text: string) => {
    clear();
    terminal.log(text);
  };
  const drawBackfill = ({ name, rows, fraction, rate, heldBy }: Extract<RunEvent, { type: 'backfill-progress' }>) => {
    const percent = fraction === null ? null : Math.floor(fraction * 100);
    if (!interactive) {
      if (Date.now() - saidAt < quietIntervalMs) return;
      saidAt = Date.now();
      const facts = [percent === null ? '' : `, ${percent} %`, speed(rate, heldBy)];
      terminal.log(`  … ${name}: ${rows.toLocaleString('en')} rows${facts.join('')}`);
      return;
    }
    // Beside it others may be at work; `rowhouse backfill status` shows them all.
    if (closed || name !== atWork) return;
    bar ??= startBar(name, percent === null ? 'unsized' : 'sized');
    bar.update(percent ?? 0, {
      rows: rows.toLocaleString('en'),
      speed: speed(rate, heldBy),
      left: timeLeft(rows, fraction, heldBy === null ? rate : null),
    });
  };
  const drawIndex = ({ name, index, phase, fraction, waitsFor }: Extract<RunEvent, { type: 'index-progress' }>) => {
    const percent = fraction === null ? '' : `, ${Math.floor(fraction * 100)} %`;
    const waits = waitsFor === null ? '' : `, for the end of pid ${waitsFor}'s transaction`;
    const told = `${name}: ${index ?? 'index'}: ${phase}`;
    if (!interactive) {
      if (Date.now() - saidAt < quietIntervalMs) return;
      saidAt = Date.now();
      terminal.log(`  … ${told}${percent}${waits}`);
      return;
    }
    if (closed) return;
    bar ??= startBar(name, 'index');
    bar.update(Math.floor((fraction ?? 0) * 100), { told: `${told}${percent}${waits}` });
  };
  // The same ones are often in the way of every attempt.
  const drawBlockers = (blockers: string) => {
    if (blockers !== '' && blockers !== lastBlockers) line(chalk.yellow(blockers.replace(/^/gm, '      blocked by ')));
    lastBlockers = blockers;
  };
  const onEvent = (event: RunEvent) => {
    switch (event.type) {
      case 'planned':
        nameWidth = Math.max(0, ...event.names.map((name) => name.length));
        break;
      case 'waiting-for-run':
        line(chalk.yellow(`  waiting for another run: ${event.holder ? describeHolder(event.holder) : 'unknown'}`));
        break;
      case 'file-started':
        atWork = event.name;
        saidAt = Date.now();
        break;
      case 'statement-done':
        clear();
        break;
      case 'in-the-way': {
        const wait = event.waitMs === 0 ? 'does not wait' : `waits up to ${formatDuration(event.waitMs)}`;
        line(chalk.yellow(`  … ${event.name}: ${wait} for the end of what keeps its locks from it`));
        drawBlockers(event.transactions.map(describeTransaction).join('\n'));
        break;
      }
      case 'resumed':
        line(chalk.yellow(`  ↻ ${event.name}: goes on, ${event.from}`));
        break;
      case 'retrying':
        line(
          chalk.yellow(
            `  ↻ ${event.name}: ${event.reason}; attempt ${event.attempt} of ${event.attempts} in ${formatDuration(event.waitMs)}`,
          ),
        );
        drawBlockers(event.blockers.map(describeBlocker).join('\n'));
        break;
      case 'index-rebuilt':
        line(chalk.yellow(`  ↻ ${event.name}: ${event.index} was left INVALID by an earlier run, and is built again`));
        break;
      case 'index-progress':
        drawIndex(event);
        break;
      case 'backfill-progress':
        drawBackfill(event);
        break;
      case 'preflight':
        line(chalk.yellow(`  ${event.outcome === 'unknown' ? '?' : '!'} ${event.id}: ${event.message}`));
        break;
      case 'warning':
        line(chalk.yellow(`  ! ${event.name}: ${event.message}`));
        break;
      case 'notice':
        line(chalk.dim(`    ${event.message}`));
        break;
      case 'file-done': {
        const sign = event.direction === 'up' ? chalk.green('✓') : chalk.blue('↩');
        const rows = event.rows === null ? '' : `  ${event.rows.toLocaleString('en')} rows`;
        const phase = chalk.dim((event.phase ?? '').padEnd(8));
        line(
          `  ${sign} ${event.name.padEnd(nameWidth)}  ${phase}  ${formatDuration(event.durationMs).padStart(8)}${chalk.dim(rows)}`,
        );
        break;
      }
    }
  };
  return { onEvent, clear, close };
}

/** How fast a backfill goes, or what holds it back. */
function speed(rate: number | null, heldBy: string | null): string {
  if (heldBy !== null) return `, held back: ${heldBy}`;
  return rate === null || rate === 0 ? '' : `, ${Math.round(rate).toLocaleString('en')} rows/s`;
}

function timeLeft(rows: number, fraction: number | null, rate: number | null): string {
  if (!fraction || !rate) return '';
  return `, about ${formatDuration(((rows / fraction - rows) * 1000) / rate)} left`;
}

/** Where the size of the table is not known there is no bar, only the count; of an index there are words. */
function startBar(name: string, kind: 'sized' | 'unsized' | 'index'): cliProgress.SingleBar {
  const formats = {
    sized: `    ${name}  {percentage} %  {rows} rows{speed}{left}  {bar}`,
    unsized: `    ${name}  {rows} rows{speed}`,
    index: '    {told}',
  };
  const bar = new cliProgress.SingleBar(
    {
      format: formats[kind],
      barsize: 20,
      clearOnComplete: true,
      hideCursor: true,
    },
    cliProgress.Presets.shades_grey,
  );
  bar.start(100, 0, { rows: '0', speed: '', left: '', told: '' });
  return bar;
}
