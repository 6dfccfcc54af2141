import { findColumn } from '../../catalog/lookup.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { valueWithout } from '../scope.ts';
import { readExpression } from '../scope/expression.ts';
import { ownershipOf } from '../scope/ownership.ts';
import { isNobody } from '../../model/nobody.ts';
import { objectOf, quoted } from '../wording.ts';

export const tenantDefaultConstant: LintRule = {
  id: 'tenant-default-constant',
  severity: 'warning',
  summary: 'The tenant column has a constant for its default.',
  help: 'Whoever writes without naming the tenant, and is not held to a policy, such as an import, a job or a restore, stores rows in that one tenant. Take the context for the default, without a fallback, or have none.',
  examples: [
    { bad: `alter table app.notes alter tenant_id set default '00000000-0000-0000-0000-000000000001';` },
    {
      bad: `alter table app.notes alter tenant_id set default coalesce(app.current_tenant(), '00000000-0000-0000-0000-000000000001');`,
    },
  ],
  *check(input) {
    for (const { relation } of input.commonTables) {
      const ownership = ownershipOf(input.snapshot, input.model, relation);
      const column = ownership?.column ? findColumn(relation, ownership.column) : undefined;
      if (!ownership || !column?.default || column.attgenerated !== '' || ownership.table.tenancy === 'root') continue;
      const expression = readExpression(column.default);
      const value = expression && valueWithout(input, ownership, expression);
      if (value?.kind !== 'text' || isNobody(input.model, value.text)) continue;
      yield {
        object: objectOf(relation),
        message: `without a context, ${formatIdent(column.attname)} is ${column.default}`,
        fix: `alter table ${quoted(relation)} alter column ${quoteIdent(column.attname)} drop default;`,
      };
    }
  },
};
