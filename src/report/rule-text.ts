import { Chalk } from 'chalk';
import { sourceName, type RuleDocumentation } from '../domain/rule.ts';
import type { TextOptions } from './sections.ts';
import { wrap } from './wrap.ts';

/** A rule for people at a terminal. */
export function formatRule(rule: RuleDocumentation, { color, width }: TextOptions): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const paragraph = (text: string): string =>
    wrap(text, Math.max(40, width) - 2)
      .map((line) => `  ${line}`)
      .join('\n');
  const sql = (text: string): string => text.replace(/^/gm, '    ');
  const parts = [
    `${paint.bold(rule.id)}  ${rule.severity}, found by ${rule.layers.map(sourceName).join(' and ')}${rule.writes ? ' with --writes' : ''}`,
    paragraph(rule.summary),
    paragraph(rule.help),
    ...(rule.falsePositives ?? []).map((text) =>
      paragraph(`${rule.layers.includes('migrations') ? 'Harmless' : 'Not a leak'}, and reported: ${text}`),
    ),
    ...rule.examples.flatMap(({ bad, good, model }) => [
      paint.dim('  For example:'),
      ...(model === undefined ? [] : [sql(model.trim())]),
      paint.red(sql(bad.trim())),
      ...(good === undefined
        ? []
        : [
            paint.dim(rule.layers.includes('migrations') ? '  Instead:' : '  Mended by:'),
            paint.green(sql(good.trim())),
          ]),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}
