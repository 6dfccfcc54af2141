import type { Finding, Severity } from '../domain/finding.ts';
import type { Judged } from '../domain/report.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Record<Severity, string>;

/**
 * The findings as annotations of GitHub Actions; those with a place in a file stand in the diff.
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function formatGithub({ findings, inconclusive }: Judged): string {
  const lines = [
    ...findings.map(annotation),
    ...inconclusive.map(({ ruleId, object, reason }) =>
      command('warning', { title: `${ruleId}: inconclusive` }, `${object}: ${reason}`),
    ),
  ];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function annotation({ ruleId, severity, object, location, message, help }: Finding): string {
  const text = location === undefined ? `${object}: ${message}` : message;
  return command(commands[severity], { ...location, title: ruleId }, `${text}\n${help}`);
}

function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const written = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${written.join(',')}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
