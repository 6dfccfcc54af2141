import type { MigrationsReport } from '../domain/report.ts';
import { count, countFindings, judgedSections, pageOf, type Page, type TextOptions } from './sections.ts';
import { printable, wrap } from './wrap.ts';

/** The report on files for people: the worst first, and the verdict as the last line. */
export function formatMigrationsText(report: MigrationsReport, options: TextOptions): string {
  const page = pageOf(options);
  const sections = [...unseen(report, page), ...judgedSections(report, page), verdict(report, page)];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What syntax does not show is said, and not taken for harmless. */
function unseen({ coverage }: MigrationsReport, { paint, width }: Page): readonly (readonly string[])[] {
  if (coverage.unseen.length === 0) return [];
  const text = `not looked into: ${coverage.unseen.join(', ')}`;
  return [wrap(printable(text), width).map((line) => paint.dim(line))];
}

function verdict({ outcome, coverage, findings }: MigrationsReport, { paint }: Page): readonly string[] {
  const scope = `${count(coverage.files, 'file')}, ${count(coverage.statements, 'statement')}, ${count(coverage.rules, 'rule')}`;
  const counted = countFindings(findings);
  if (outcome === 'leaks') {
    const files = new Set(findings.map(({ object }) => object)).size;
    return [paint.red.bold(`HAZARDS: ${counted} in ${count(files, 'file')} (${scope})`)];
  }
  const below = counted === '' ? '' : `; ${counted} below the threshold`;
  return [paint.green.bold(`clean: ${scope}${below}`)];
}
