import { descendantsOf } from '../../catalog/lookup.ts';
import { writtenName } from '../../sql/written.ts';
import { globalKeysOf, type GlobalKey } from '../global-keys.ts';
import { indexInstallation, prefixedIndex } from '../index-sql.ts';
import { referencesOf } from '../references.ts';
import type { Situation, TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';
import { adopts } from './keys-per-tenant.ts';

/** What policies find rows by, and what composite keys and foreign keys stand on. */
export const tenantIndexes: StepKind = {
  id: 'tenant_indexes',
  phase: 'backfill',
  run: 'statements',
  does: `Indexes with the tenant in front, which every policy asks for first, and the keys that composite foreign keys point at.
Built after the backfill: faster, and only without them could its updates stay within their pages.`,
  locks: 'ShareUpdateExclusive on one table at a time; reads and writes go on.',
  rows: 'reads all.',
  plan: (situation) => {
    const steps = situation.tables.flatMap((tenant) => step(situation, tenant) ?? []);
    const analyzed = situation.tables.filter(({ isNew }) => isNew).map(({ table }) => writtenName(table.table));
    // The planner knows nothing of a new column yet, and every policy is about to ask for it.
    const analyze = analyzed.map((name) => `analyze ${name}`);
    return analyzed.length === 0 ? steps : [...steps, { table: null, up: analyze, down: [] }];
  },
};

function step(situation: Situation, tenant: TenantTable): Step | undefined {
  const { relation, column, table } = tenant;
  if (column === null) return undefined;
  const keys = referencesOf(situation).parentKeys.filter(({ parent }) => parent === tenant);
  const exchanged = globalKeysOf(situation).exchanged.filter((key) => key.tenant.relation === relation);
  const served =
    table.tenancy === 'root' || keys.length > 0 || exchanged.some(serves) || isServed(situation, tenant, column);
  const plain = served
    ? []
    : [
        {
          relation,
          name: situation.names.make(relation.nspname, [relation.relname, column], 'idx'),
          unique: false,
          columns: [column],
        },
      ];
  const wanted = [...keys.map(({ name, columns }) => ({ relation, name, unique: true, columns })), ...plain];
  if (wanted.length === 0 && exchanged.length === 0) return undefined;
  const installed = wanted.map((index) => indexInstallation(situation, index));
  const exchanges = exchanged
    .filter(({ rebuilt }) => rebuilt === null)
    .map(({ index, name, partitioned }) => ({
      create: partitioned?.build ?? [prefixedIndex(index, name, column)],
      drop: partitioned?.drop ?? [
        `drop index concurrently if exists ${writtenName({ schema: relation.nspname, name })}`,
      ],
    }));
  return {
    table: table.table,
    up: [...installed.flatMap(({ create }) => create), ...exchanges.flatMap(({ create }) => create)],
    down: [
      ...installed.toReversed().flatMap(({ drop }) => drop),
      ...exchanges.toReversed().flatMap(({ drop }) => drop),
    ],
    ...(relation.relkind === 'p' && {
      notes: [
        'The whole takes the indexes of its partitions, under Share for an instant. A partition that is younger than this plan gets its own then.',
      ],
      allows: {
        up: wanted.length > 0 || exchanged.some(({ constraint }) => constraint === null) ? [adopts] : [],
        down: [
          {
            rule: 'drop-index-not-concurrent',
            reason: 'PostgreSQL drops the index of a partitioned table in no other way',
          },
        ],
      },
    }),
  };
}

/** A partial one holds not every row that a policy asks for. */
function serves({ index }: GlobalKey): boolean {
  return index.amname === 'btree' && index.indpred === null;
}

/** An index has the tenant in front already, on the table and so on its partitions. */
function isServed({ snapshot }: Situation, { relation }: TenantTable, column: string): boolean {
  const leads = (oid: number): boolean =>
    snapshot.indexes.some(
      (index) => index.indrelid === oid && index.indisvalid && index.indpred === null && index.columns[0] === column,
    );
  if (leads(relation.oid)) return true;
  const parts = descendantsOf(snapshot, relation).filter(({ relkind }) => relkind === 'r');
  return relation.relkind === 'p' && parts.length > 0 && parts.every(({ oid }) => leads(oid));
}
