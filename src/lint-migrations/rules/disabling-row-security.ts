import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown } from '../statements.ts';

export const disablingRowSecurity: MigrationRule = {
  id: 'disabling-row-security',
  severity: 'error',
  summary: 'A migration turns row-level security off, or no longer forces it on the owner.',
  help: 'From there on every tenant sees the rows of all; without FORCE the owner does, and with it every view and function of its own. Only a rollback has reason to. Change policies by ALTER POLICY, or drop and create them in one transaction.',
  examples: [
    {
      bad: 'alter table public.orders disable row level security;',
      good: 'alter table public.orders enable row level security;',
    },
    {
      bad: 'alter table public.orders no force row level security;',
      good: 'alter table public.orders force row level security;',
    },
  ],
  *check({ node, file, schema }) {
    if (file.direction === 'down') return;
    for (const { table, command } of alterationsOf(node)) {
      const who = audiences.get(command.subtype ?? '');
      if (who === undefined || schema.isNew(table, file)) continue;
      yield { about: shown(table), message: `${who} the rows of all tenants in ${shown(table)}` };
    }
  },
};

const audiences: ReadonlyMap<string, string> = new Map([
  ['AT_DisableRowSecurity', 'everybody who may read it sees'],
  ['AT_NoForceRowSecurity', 'its owner, and views and functions of its owner, see'],
]);
