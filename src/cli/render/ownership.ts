import type { InitFile } from '../../app/init.ts';
import type { Decision, Hop, Ownership } from '../../plan/ownership/decision.ts';
import { formatQualified } from '../../sql/ident.ts';
import type { Terminal } from '../terminal.ts';

/** What was found out, for machines (contract). */
export function ownershipAsJson({ roots, tables, candidates, membership }: Ownership): Record<string, unknown> {
  return {
    root: roots.map(formatQualified),
    tables: tables.map((decision) => ({
      table: formatQualified(decision.table),
      tenancy: decision.tenancy,
      column: decision.column,
      hop: decision.path[0] === undefined ? null : hopAsJson(decision.path[0]),
      path: decision.path.map(hopAsJson),
      confidence: decision.confidence,
      doubt: decision.doubt,
      reason: decision.reason,
      evidence: decision.evidence,
    })),
    candidates: candidates.map(({ table, confidence, reason }) => ({
      table: formatQualified(table),
      confidence,
      reason,
    })),
    membership:
      membership === null
        ? null
        : { table: formatQualified(membership.table), user: membership.user, tenant: membership.tenant },
  };
}

function hopAsJson({ columns, parent }: Hop): { columns: readonly string[]; parent: string | null } {
  return { columns, parent: parent === null ? null : formatQualified(parent) };
}

const words: readonly { readonly tenancy: Decision['tenancy']; readonly text: string }[] = [
  { tenancy: 'row', text: 'belong to a tenant row by row' },
  { tenancy: 'user', text: "are people's, in all tenants" },
  { tenancy: 'shared', text: 'are the same for everyone' },
  { tenancy: 'none', text: 'are not for the application' },
];

/** What was found out, for people: doubts first. */
export function formatOwnership(ownership: Ownership, files: readonly InitFile[], { out }: Terminal): string {
  const { roots, tables, candidates } = ownership;
  if (roots.length === 0) {
    const lines = candidates
      .slice(0, 5)
      .map(
        ({ table, confidence, reason }) =>
          `  ${out.bold(formatQualified(table))} (${confidence.toFixed(2)}): ${reason}`,
      );
    return lines.length === 0
      ? 'There is no tenant root, and no table that could be one.'
      : ['There is no plain tenant root. What could be one:', ...lines].join('\n');
  }
  const doubts = tables.filter(({ doubt }) => doubt);
  return [
    ...doubts.map(({ table, reason }) => `${out.yellow('?')} ${out.bold(formatQualified(table))}: ${reason}`),
    ...(doubts.length > 0 ? [''] : []),
    `Tenants are the rows of ${out.bold(roots.map(formatQualified).join(' > '))}.`,
    ...words.flatMap(({ tenancy, text }) => {
      const count = tables.filter((decision) => !decision.doubt && decision.tenancy === tenancy).length;
      return count === 0 ? [] : [`${String(count).padStart(4)} ${text}`];
    }),
    ...(doubts.length > 0 ? [`${String(doubts.length).padStart(4)} are in doubt: answer them in rowhouse.yaml`] : []),
    '',
    ...files.map(({ path, written }) => `${written ? 'wrote' : 'kept '} ${path}`),
  ].join('\n');
}
