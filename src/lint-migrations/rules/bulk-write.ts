import type { RangeVar } from '../../sql/parse.ts';
import { nodesOf } from '../../sql/tree.ts';
import { namesItsRows } from '../bounded.ts';
import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const bulkWrite: MigrationRule = {
  id: 'bulk-write',
  severity: 'warning',
  summary: 'An UPDATE, DELETE or MERGE changes rows of a table that is in use, and nothing bounds their number.',
  help: 'Every row that it has changed stays locked until the last is done, dead rows pile up meanwhile, and a failure loses all of it. Put an UPDATE into a file of its own with `-- rowhouse: backfill`: it runs in batches, resumably. Delete in batches too, or bound the statement by keys.',
  falsePositives: ['A table that is known to be small: allow it with that reason.'],
  examples: [
    {
      bad: "update public.orders set state = 'open' where state is null;",
      good: `-- rowhouse: phase backfill
-- rowhouse: backfill
update public.orders set state = 'open' where state is null;`,
    },
    {
      bad: 'with old as (delete from public.orders where closed returning id) select count(*) from old;',
      good: 'delete from public.orders where id in (17, 18);',
    },
  ],
  *check({ node, file, schema }) {
    // What a function or a rule holds does not run now.
    if (!/^(Select|Insert|Update|Delete|Merge)Stmt$/.test(Object.keys(node)[0] ?? '')) return;
    for (const { tag, value } of nodesOf(node)) {
      const verb = verbs.get(tag);
      const table = verb === undefined ? null : writtenName(value['relation'] as RangeVar | undefined);
      if (table === null || schema.isNew(table, file)) continue;
      if (namesItsRows(value, schema.table(table).keys)) continue;
      yield { about: shown(table), message: `${verb} ${shown(table)}: as many rows as there are, in one transaction` };
    }
  },
};

const verbs: ReadonlyMap<string, string> = new Map([
  ['UpdateStmt', 'updates'],
  ['DeleteStmt', 'deletes from'],
  ['MergeStmt', 'merges into'],
]);
