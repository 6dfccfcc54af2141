import type { Terminal } from '../terminal.ts';

/** One line on stderr that says what is being done, overwritten as it changes; silent where nobody watches. */
export function drawStatus(terminal: Terminal): { show: (text: string) => void; clear: () => void } {
  let shown = false;
  const clear = () => {
    if (shown) process.stderr.write('\r\u001b[2K');
    shown = false;
  };
  const show = (text: string) => {
    if (!terminal.interactive) return;
    clear();
    process.stderr.write(terminal.err.dim(`  ${text}`.slice(0, terminal.width - 1)));
    shown = true;
  };
  return { show, clear };
}
