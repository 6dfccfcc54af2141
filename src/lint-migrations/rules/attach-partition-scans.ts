import { nodesOf } from '../../sql/tree.ts';
import type { MigrationRule } from '../rule.ts';
import type { KnownTable } from '../schema.ts';
import { alterationsOf, shown, writtenName } from '../statements.ts';

export const attachPartitionScans: MigrationRule = {
  id: 'attach-partition-scans',
  severity: 'warning',
  summary: 'A table with rows is attached as a partition, and no validated CHECK says that they are within its bounds.',
  help: 'Every row is read, and nobody reads or writes the table that is attached; where there is a default partition, that one too. Before, add a CHECK with the same bounds (and IS NOT NULL of the key) NOT VALID, and validate it in a transaction of its own; drop it afterwards. A default partition needs one that excludes the new bounds.',
  falsePositives: ['A check that the database has and no file of the project makes; `--pending` asks the database.'],
  examples: [
    {
      bad: `alter table public.events attach partition public.events_2024
  for values from ('2024-01-01') to ('2025-01-01');`,
      good: `-- rowhouse: no-transaction
alter table public.events_2024 add constraint events_2024_bounds
  check (happened_at is not null and happened_at >= '2024-01-01' and happened_at < '2025-01-01') not valid;
alter table public.events_2024 validate constraint events_2024_bounds;
alter table public.events attach partition public.events_2024
  for values from ('2024-01-01') to ('2025-01-01');`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, command } of alterationsOf(node)) {
      const { subtype, def } = command;
      if (subtype !== 'AT_AttachPartition' || def === undefined || !('PartitionCmd' in def)) continue;
      const { name, bound } = def.PartitionCmd;
      const partition = writtenName(name);
      if (partition === null || schema.isNew(partition, file)) continue;
      if (holdsBounds(schema.table(partition), valuesIn(bound))) continue;
      yield {
        about: shown(partition),
        message: `all rows of ${shown(partition)} are read before they are ${shown(table)}'s`,
      };
    }
  },
};

/** Whether a validated CHECK names all values of the bounds: what it says of them is its author's business. */
function holdsBounds({ constraints }: KnownTable, bounds: readonly string[]): boolean {
  return [...constraints.values()].some(({ validated, condition }) => {
    if (!validated || condition === null) return false;
    const named = new Set(valuesIn(condition));
    return bounds.length > 0 && bounds.every((value) => named.has(value));
  });
}

/** The constants of an expression, or of bounds, without their places in the text. */
function valuesIn(tree: object | undefined): readonly string[] {
  return nodesOf({ tree }).flatMap(({ tag, value }) =>
    tag === 'A_Const' ? [JSON.stringify({ ...value, location: undefined })] : [],
  );
}
