import type { SelfTestReport } from '../../domain/self-test.ts';
import { formatSelfTest } from '../../report/self-test.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import type { ReportOptions } from './report.ts';

const exitCodes = { passed: exitCode.success, failed: exitCode.findings, inconclusive: exitCode.inconclusive } as const;

/** Prints what a self-test told on stdout. @returns the exit code */
export function printSelfTest(
  terminal: Terminal,
  report: SelfTestReport,
  { json, format }: Pick<ReportOptions, 'json' | 'format'>,
): number {
  terminal.write(
    json === true || format === 'json'
      ? `${JSON.stringify(report, null, 2)}\n`
      : formatSelfTest(report, { color: terminal.out.level > 0, width: terminal.width }),
  );
  return exitCodes[report.outcome];
}
