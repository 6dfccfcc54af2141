import { nameOf } from '../../catalog/lookup.ts';
import { dollarQuoted } from '../../sql/dollar-quoted.ts';
import { quoteLiteral } from '../../sql/ident.ts';
import { writtenName, written } from '../../sql/written.ts';
import { listed } from '../layout.ts';
import { holdersOf, holding, type Holder } from '../holders.ts';
import { inOrder } from './fill-tenants.ts';
import { isPutAside, ownRows, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** Rows that no tenant was found for, where the model says so, out of everybody's sight. */
export const quarantine: StepKind = {
  id: 'quarantine',
  phase: 'backfill',
  run: 'transaction',
  does: `Rows that no tenant was found for are put aside, into a table of the schema rowhouse that the application does not reach. The
table's own triggers see that it is no edit of anybody's.`,
  locks: 'rows of the table.',
  rows: 'those that have no tenant.',
  undoes: 'Brings them back.',
  plan: (situation) => childrenFirst(situation).map((tenant) => step(situation, tenant)),
};

/** The tables whose rows may be put aside, each before those that it refers to. */
function childrenFirst(situation: Situation): readonly TenantTable[] {
  const aside = inOrder(situation).filter(isPutAside).reverse();
  const ordered = new Set<TenantTable>();
  const visit = (tenant: TenantTable, above: readonly TenantTable[]): void => {
    if (ordered.has(tenant) || above.includes(tenant)) return;
    const children = new Set(holdersOf(situation, tenant).map(({ child }) => child));
    for (const child of aside.filter(({ relation }) => children.has(relation))) visit(child, [...above, tenant]);
    ordered.add(tenant);
  };
  for (const tenant of aside) visit(tenant, []);
  return [...ordered];
}

function step(situation: Situation, tenant: TenantTable): Step {
  const { table, column, relation } = tenant;
  const from = ownRows(situation, tenant);
  const aside = writtenName({
    schema: 'rowhouse',
    name: situation.names.make('rowhouse', [table.table.schema, table.table.name], 'quarantine'),
  });
  const stored = relation.columns
    .filter(({ attgenerated }) => attgenerated === '')
    .map(({ attname }) => written(attname));
  const always = relation.columns.some(({ attidentity }) => attidentity === 'a') ? ' overriding system value' : '';
  const quiet = "select set_config('rowhouse.backfill', 'on', true)";
  return {
    table: table.table,
    up: [
      quiet,
      // All of it, a column too that is younger than the plan.
      `create table ${aside} as\nselect * from ${from} where ${written(column ?? '')} is null`,
      ...holdersOf(situation, tenant).flatMap((holder) => refusal(situation, tenant, holder)),
      `delete from ${from} where ${written(column ?? '')} is null`,
    ],
    down: [
      quiet,
      `${listed(stored, `insert into ${writtenName(table.table)} (`, ')')}${always}\n${listed(stored, 'select ', ` from ${aside}`)}`,
      `drop table ${aside}`,
    ],
    allows: {
      up: [{ rule: 'bulk-write', reason: 'the rows that no tenant was found for, which the plan has counted' }],
    },
  };
}

/** Rows that stay would go by a cascade, or lose what they point at, and no way back would know. */
function refusal(situation: Situation, tenant: TenantTable, holder: Holder): readonly string[] {
  const { key, child } = holder;
  if (key.confdeltype === 'a' || key.confdeltype === 'r') return [];
  const name = writtenName(nameOf(child));
  const own = written(tenant.column ?? '');
  const stays = child === tenant.relation ? ` and child.${own} is not null` : '';
  const message = quoteLiteral(
    `rows of ${name} point at rows that are put aside, and would go with them: ${key.conname}`,
  );
  return [
    `do ${dollarQuoted(`
begin
  if exists (
    select from ${name} as child
    join ${ownRows(situation, tenant)} as parent on ${holding(holder, 'child', 'parent')}
    where parent.${own} is null${stays}
  ) then
    raise foreign_key_violation using message = ${message};
  end if;
end
`)}`,
  ];
}
