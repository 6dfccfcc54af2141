import cliProgress from 'cli-progress';
import type { VerifyProgress, VerifyScope } from '../../app/verify-options.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Terminal } from '../terminal.ts';
import { drawStatus } from './status-line.ts';

/** A terminal is drawn to at most this often. */
const drawIntervalMs = 100;
/** Without a terminal a long step says at most this often that it lives. */
const quietIntervalMs = 10_000;
/** An estimate below is not worth a line. */
const shortSeconds = 2;

/** Draws a verification on stderr as it goes on: a line for what is short, and a bar with the time left for what is long. */
export function drawVerification(terminal: Terminal): {
  readonly onProgress: (progress: VerifyProgress) => void;
  readonly onEstimate: Exclude<VerifyScope['onEstimate'], undefined>;
  readonly close: () => void;
} {
  const status = drawStatus(terminal);
  let bar: cliProgress.SingleBar | null = null;
  let saidAt = Date.now();
  const close = (): void => {
    status.clear();
    bar?.stop();
    bar = null;
  };
  const isDue = (everyMs: number): boolean => {
    if (Date.now() - saidAt < everyMs) return false;
    saidAt = Date.now();
    return true;
  };
  const onProgress = ({ step, fraction }: VerifyProgress): void => {
    const done = fraction === undefined ? null : Math.floor(fraction * 100);
    if (!terminal.interactive) {
      if (isDue(quietIntervalMs)) terminal.log(`  … ${step}${done === null ? '' : `, ${done} %`}`);
      return;
    }
    if (done === null || done === 100) close();
    if (!isDue(drawIntervalMs)) return;
    if (done === null) {
      status.show(step);
      return;
    }
    status.clear();
    bar ??= startBar();
    bar.update(done, { step: step.slice(0, Math.max(10, terminal.width - 50)) });
  };
  return {
    onProgress,
    close,
    onEstimate: ({ relations, subjects, rows, seconds, scanned }) => {
      if (seconds < shortSeconds && scanned.length === 0) return;
      close();
      const size = `${relations.toLocaleString('en')} relations with about ${Math.round(rows).toLocaleString('en')} rows`;
      terminal.log(
        `  ${size} × ${subjects.toLocaleString('en')} subjects: about ${formatDuration(Math.max(1, Math.round(seconds)) * 1000)}`,
      );
      if (scanned.length > 0) {
        const named = scanned.slice(0, 5).join(', ') + (scanned.length > 5 ? ` and ${scanned.length - 5} more` : '');
        terminal.log(
          terminal.err.yellow(
            `  ! No index serves the policy of ${named}: every subject costs a scan. They come last, as far as the time limit goes.`,
          ),
        );
      }
    },
  };
}

function startBar(): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar(
    {
      format: '  {percentage} %  {eta_formatted} left  {bar}  {step}',
      barsize: 20,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_grey,
  );
  bar.start(100, 0, { step: '' });
  return bar;
}
