import { nameOf } from '../../catalog/lookup.ts';
import { written, writtenName } from '../../sql/written.ts';
import { commentOnConstraint, commentOnIndex, marksOf } from '../carried-over.ts';
import { globalKeysOf, type GlobalKey } from '../global-keys.ts';
import { ifNotExists, prefixedIndex, sameIndex } from '../index-sql.ts';
import type { Situation } from '../situation.ts';
import type { Allowance, Step, StepKind } from '../step.ts';

/** The natural keys hold within a tenant. */
export const keysPerTenant: StepKind = {
  id: 'keys_per_tenant',
  phase: 'contract',
  run: 'statements',
  does: `The natural keys hold within a tenant from here on: a key over all of them tells one what another has, since an insert that
fails says that the value is taken. Code that says ON CONFLICT names the tenant's column too. Each exchange is one statement:
there is no moment without a key.`,
  locks: 'AccessExclusive on one table at a time, for an instant; where a note says so, while a small table is read.',
  rows: 'none.',
  undoes:
    'The keys over all tenants are built beside the others, and exchanged; then what the migration had found is built again.',
  plan: (situation) => globalKeysOf(situation).exchanged.map((key) => step(situation, key)),
};

/** Why the index of a partitioned table is built as it is. */
export const adopts: Allowance = {
  rule: 'index-not-concurrent',
  reason: 'its partitions have theirs already, and PostgreSQL takes those',
};

const allows = {
  down: [
    {
      rule: 'concurrent-if-not-exists',
      reason: 'a migration that stopped half-way has not taken every one of these indexes',
    },
  ],
};

function step(situation: Situation, { tenant, index, constraint, name, partitioned, rebuilt }: GlobalKey): Step {
  const { relation } = tenant;
  const table = writtenName(nameOf(relation));
  const [own, old] = [written(name), written(index.relname)];
  const prefixed = prefixedIndex(index, name, tenant.column, ifNotExists);
  const qualified = (one: string): string => writtenName({ schema: relation.nspname, name: one });
  const said = (to: string): readonly string[] => [
    ...(constraint === null ? [] : commentOnConstraint(relation, constraint, to)),
    ...commentOnIndex(relation, index, to),
  ];
  if (partitioned !== null) {
    return {
      table: tenant.table.table,
      up: [partitioned.exchange, ...said(partitioned.kept)],
      down: [...partitioned.restore, ...said(index.relname)],
      notes: ['A partition that is younger than this plan gets its key while the table is locked.'],
      allows:
        constraint !== null
          ? allows
          : {
              up: [
                {
                  rule: 'drop-index-not-concurrent',
                  reason: 'PostgreSQL drops the index of a partitioned table in no other way',
                },
              ],
              down: [...allows.down, adopts],
            },
    };
  }
  if (constraint === null) {
    const goesBy = (to: string): readonly string[] => {
      const marks = marksOf(index, to);
      return marks.length === 0 ? [] : [`alter table ${table}\n  ${marks.join(',\n  ')}`];
    };
    return {
      table: tenant.table.table,
      up: [...goesBy(name), `drop index concurrently if exists ${qualified(index.relname)}`, ...said(name)],
      down: [sameIndex(index, index.relname, ifNotExists), ...goesBy(index.relname), ...said(index.relname)],
      allows,
    };
  }
  const isPrimary = constraint.contype === 'p';
  const kind = isPrimary ? 'primary key' : 'unique';
  // A primary key keeps its name: it is what people call it by.
  const kept = isPrimary ? index.relname : name;
  const exchange = (drops: readonly string[], to: string, key: string): string =>
    `alter table ${table}\n  ${[...drops, `add constraint ${written(to)} ${key}`, ...marksOf(index, to)].join(',\n  ')}`;
  const back = [...new Set([name, index.relname])].map((one) => `drop constraint if exists ${written(one)}`);
  if (rebuilt !== null) {
    const builtUnderLock = {
      rule: constraint.contype === 'x' ? 'exclusion-constraint' : 'unique-constraint-builds-index',
      reason: 'PostgreSQL makes it from no index that is built before, and the table was small',
    };
    return {
      table: tenant.table.table,
      up: [exchange([`drop constraint ${old}`], kept, rebuilt), ...said(kept)],
      down: [exchange(back, index.relname, constraint.definition), ...said(index.relname)],
      notes: [
        `PostgreSQL builds it while the table is locked against reads and writes: ${relation.relpages} pages when this was planned.`,
      ],
      allows: { up: [builtUnderLock], down: [builtUnderLock] },
    };
  }
  const beside = situation.names.make(relation.nspname, [relation.relname, ...constraint.columns], 'idx');
  return {
    table: tenant.table.table,
    up: [exchange([`drop constraint ${old}`], kept, `${kind} using index ${own}`), ...said(kept)],
    down: [
      sameIndex(index, beside),
      exchange(back, index.relname, `${kind} using index ${written(beside)}`),
      ...said(index.relname),
      prefixed,
    ],
    allows,
  };
}
