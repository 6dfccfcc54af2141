import type { WrittenName } from '../../sql/lock-mode.ts';
import type { Node } from '../../sql/parse.ts';
import type { FileStatement } from '../file.ts';
import type { MigrationRule, Step } from '../rule.ts';
import { sameRelation } from '../schema.ts';
import { alterationsOf, droppedBy, policyMadeOn, relationNamed, shown } from '../statements.ts';

export const policyGap: MigrationRule = {
  id: 'policy-gap',
  severity: 'error',
  summary: 'The policies of a table change in more than one transaction.',
  help: 'Between the two the table is as the first one leaves it: open where a restrictive policy went, closed to the whole application where a permissive one did or row-level security came before its policies. Drop and create in one file without `no-transaction`, or use ALTER POLICY.',
  examples: [
    {
      bad: `-- rowhouse: no-transaction
drop policy tenant on public.orders;
create policy tenant on public.orders using (tenant_id = 1);`,
      good: `drop policy tenant on public.orders;
create policy tenant on public.orders using (tenant_id = 1);`,
    },
    {
      bad: `-- rowhouse: no-transaction
alter table public.orders enable row level security;
create policy tenant on public.orders using (tenant_id = 1);`,
      good: `-- rowhouse: no-transaction
create policy tenant on public.orders using (tenant_id = 1);
alter table public.orders enable row level security;`,
    },
  ],
  *check(step) {
    const { node, file, schema } = step;
    if (file.direction === 'down') return;
    for (const { kind, names } of droppedBy(node)) {
      const table = kind === 'OBJECT_POLICY' ? relationNamed(names.slice(0, -1)) : null;
      if (table === null || schema.isNew(table, file) || !isLeftFor(step, table, names.at(-1))) continue;
      yield {
        about: shown(table),
        message: `${shown(table)} is without ${names.at(-1)} until a later transaction makes its policies`,
      };
    }
    for (const { table, command } of alterationsOf(node)) {
      if (command.subtype !== 'AT_EnableRowSecurity' || schema.isNew(table, file)) continue;
      if (schema.table(table).policies.size > 0 || !isLeftFor(step, table)) continue;
      yield {
        about: shown(table),
        message: `${shown(table)} shows the application no row until a later transaction makes its policies`,
      };
    }
  },
};

/** Whether a later transaction makes policies of the table (in a later file that of this name, if one is given), and this one none. */
function isLeftFor({ file, index, later }: Step, table: WrittenName, name?: string): boolean {
  const makes = ({ node }: FileStatement): boolean => {
    const made = policyMadeOn(node);
    return made !== null && sameRelation(made, table);
  };
  const makesIt = (statement: FileStatement): boolean =>
    makes(statement) && (name === undefined || policyNameOf(statement.node) === name);
  // Made before: then there was no moment without.
  const own = file.transactional ? file.statements : file.statements.slice(0, index);
  if (own.some(makes)) return false;
  return (
    file.statements.slice(index + 1).some(makes) ||
    later.some(({ direction, statements }) => direction === 'up' && statements.some(makesIt))
  );
}

function policyNameOf(node: Node): string | undefined {
  return 'CreatePolicyStmt' in node ? node.CreatePolicyStmt.policy_name : undefined;
}
