import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown, writtenName } from '../statements.ts';

export const detachNotConcurrent: MigrationRule = {
  id: 'detach-not-concurrent',
  severity: 'warning',
  summary: 'A partition is detached without CONCURRENTLY.',
  help: 'The whole partitioned table is locked against reads and writes, and everybody queues up while it waits for the longest query. DETACH PARTITION … CONCURRENTLY, in a file with `-- rowhouse: no-transaction`.',
  falsePositives: ['A table with a default partition: it takes no CONCURRENTLY.'],
  examples: [
    {
      bad: 'alter table public.events detach partition public.events_2024;',
      good: `-- rowhouse: no-transaction
alter table public.events detach partition public.events_2024 concurrently;`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, command } of alterationsOf(node)) {
      const { subtype, def } = command;
      if (subtype !== 'AT_DetachPartition' || def === undefined || !('PartitionCmd' in def)) continue;
      const partition = writtenName(def.PartitionCmd.name);
      if (def.PartitionCmd.concurrent === true || partition === null || schema.isNew(table, file)) continue;
      yield { about: shown(partition), message: `${shown(table)} is locked against reads and writes` };
    }
  },
};
