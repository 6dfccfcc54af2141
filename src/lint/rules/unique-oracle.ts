import { uniqueOracle as rule } from '../../domain/rules/unique-oracle.ts';
import { formatIdent } from '../../sql/ident.ts';
import { globalKeys } from '../global-keys.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf } from '../wording.ts';

export const uniqueOracle: LintRule = {
  ...rule,
  examples: [
    {
      bad: 'alter table app.projects add unique (title);',
      good: `alter table app.projects drop constraint projects_title_key;
alter table app.projects add unique (tenant_id, title);`,
    },
    {
      bad: 'create unique index on app.tools (lower(name));',
      good: `drop index app.tools_lower_idx;
create unique index on app.tools (tenant_id, lower(name));`,
    },
    {
      bad: 'create unique index on app.tools (lower(name)) include (tenant_id) where tenant_id is not null;',
      good: `drop index app.tools_lower_tenant_id_idx;
create unique index on app.tools (tenant_id, lower(name));`,
    },
  ],
  *check(input) {
    for (const { modelled, index, columns, declared } of globalKeys(input)) {
      if (declared) continue;
      yield {
        object: objectOf(modelled.relation),
        aspect: index.relname,
        // The names of tenants are one namespace: that one is taken, whoever signs up is told.
        ...(modelled.intent.tenancy === 'root' && { severity: 'info' as const }),
        message: `the key ${formatIdent(index.relname)} over ${listed(columns)} holds for all tenants at once: storing a value tells ${input.role} whether another has it`,
      };
    }
  },
};
