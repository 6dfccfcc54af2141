import cliProgress from 'cli-progress';
import { formatDuration } from '../../domain/duration.ts';
import type { OnRunEvent, RunEvent } from '../../migrate/events.ts';
import { describeHolder } from '../../postgres/advisory-lock.ts';
import { describeBlocker } from '../../postgres/blockers.ts';
import type { Terminal } from '../terminal.ts';

/** Without a terminal a long backfill says at most this often that it lives. */
const quietIntervalMs = 10_000;

/** Draws a run on stderr as it happens: a line a file, and a bar for a backfill where there is a terminal. */
export function drawRun(terminal: Terminal, nameWidth: number): { onEvent: OnRunEvent; close: () => void } {
  const { err: chalk, interactive } = terminal;
  let bar: cliProgress.SingleBar | null = null;
  let saidAt = Date.now();
  const close = () => {
    bar?.stop();
    bar = null;
  };
  const line = (text: string) => {
    close();
    terminal.log(text);
  };
  const drawBackfill = (name: string, rows: number, fraction: number) => {
    const percent = Math.floor(fraction * 100);
    if (!interactive) {
      if (Date.now() - saidAt < quietIntervalMs) return;
      saidAt = Date.now();
      terminal.log(`  … ${name}: ${rows.toLocaleString('en')} rows, ${percent} %`);
      return;
    }
    bar ??= startBar(name.padEnd(nameWidth));
    bar.update(percent, { rows: rows.toLocaleString('en') });
  };
  const onEvent = (event: RunEvent) => {
    switch (event.type) {
      case 'waiting-for-run':
        line(chalk.yellow(`  waiting for another run: ${event.holder ? describeHolder(event.holder) : 'unknown'}`));
        break;
      case 'file-started':
        saidAt = Date.now();
        break;
      case 'statement-done':
        break;
      case 'resumed':
        line(chalk.yellow(`  ↻ ${event.name}: goes on, ${event.from}`));
        break;
      case 'retrying':
        line(
          chalk.yellow(
            `  ↻ ${event.name}: ${event.reason}; attempt ${event.attempt} of ${event.attempts} in ${formatDuration(event.waitMs)}`,
          ),
        );
        for (const blocker of event.blockers) line(chalk.yellow(`      blocked by ${describeBlocker(blocker)}`));
        break;
      case 'index-rebuilt':
        line(chalk.yellow(`  ↻ ${event.name}: ${event.index} was left INVALID by an earlier run, and is built again`));
        break;
      case 'backfill-progress':
        drawBackfill(event.name, event.rows, event.fraction);
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
  return { onEvent, close };
}

function startBar(name: string): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar(
    {
      format: `    ${name}  {bar} {percentage} %  {rows} rows  {eta_formatted} left`,
      clearOnComplete: true,
      hideCursor: true,
    },
    cliProgress.Presets.shades_grey,
  );
  bar.start(100, 0, { rows: '0' });
  return bar;
}
