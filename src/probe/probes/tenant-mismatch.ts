import { formatQualified, quoteIdent } from '../../sql/ident.ts';
import type { RelationIntent } from '../../intent/relation-intent.ts';
import { type ForeignKey, readForeignKeys } from '../foreign-keys.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';
import { describeFailure } from '../session.ts';
import { mayRefer, namedRow, namingColumns, referredRows, referringRows } from '../stored.ts';
import { plural, quoteRow } from '../wording.ts';

/** A row may point at rows of its own tenant, and at shared ones. */
export const tenantMismatch: Probe = {
  id: 'tenant-mismatch',
  severity: 'error',
  summary: "Rows point at another tenant's rows.",
  help:
    'Joins show, and cascades delete, across the wall: PostgreSQL checks foreign keys without policies. ' +
    'Give the rows back to their tenant, then make the foreign key composite, with the tenant column on both sides.',
  writes: false,
  async run(run) {
    const keys = await readForeignKeys(run);
    if (!keys.ok) {
      run.tally.inconclusive(tenantMismatch.id, run.snapshot.database, describeFailure(keys.failure));
      return;
    }
    for (const key of keys.value) await judge(run, key);
  },
};

interface Stray {
  readonly rows: string;
  readonly named: (string | null)[];
  readonly owner: string;
  readonly parents: (string | null)[];
  readonly owners: string[];
}

async function judge(run: ProbeRun, key: ForeignKey): Promise<void> {
  const { child, pairs, conname } = key;
  const parent = run.intent.relations.find(
    ({ schema, name, kind }) => kind === 'table' && schema === key.parentSchema && name === key.parentName,
  );
  const { ownership } = child.intent;
  if (ownership === null || !parent?.ownership || !canDiffer(key, parent)) return;
  run.progress(`${child.name} by ${conname}`);
  const naming = namingColumns(
    run,
    child,
    pairs.map(({ column }) => column),
  );
  const parentColumns = pairs.map(({ parentColumn }) => parentColumn);
  const childKey = pairs.map(({ column }, index) => `t.${quoteIdent(column)} as k${index}`).join(', ');
  const parentKey = pairs.map(({ parentColumn }, index) => `t.${quoteIdent(parentColumn)} as k${index}`).join(', ');
  const strays = `
    from (${referringRows(key.from, { ...child.intent, ownership }, naming, childKey)}) c
    join (${referredRows(key.parentFrom, { ...parent, ownership: parent.ownership }, parentColumns, parentKey)}) p
      on ${pairs.map(({ operator }, index) => `p.k${index} ${operator} c.k${index}`).join(' and ')}
    where c.owner is not null and not ${mayRefer}`;
  const values = [run.intent.platform];
  const counted = await run.session.truth<{ rows: string }>(
    `select pg_catalog.count(*)::pg_catalog.text as rows ${strays}`,
    values,
  );
  if (!counted.ok) {
    run.tally.inconclusive(tenantMismatch.id, child.name, `Along ${conname}: ${describeFailure(counted.failure)}.`);
    return;
  }
  run.tally.check();
  const rows = Number(counted.value[0]?.rows ?? 0);
  if (rows === 0) return;
  const named = await run.session.truth<Stray>(
    `select c.named, c.owner, p.named as parents, p.owners ${strays} order by c.named limit 5`,
    values,
  );
  const examples = (named.ok ? named.value : []).map((stray) => ({
    ...namedRow(naming, stray.named, stray.owner),
    pointsAt: namedRow(parentColumns, stray.parents, stray.owners.join(', ')),
  }));
  const which = examples.slice(0, 3).map(quoteRow).join(', ');
  run.tally.find(
    tenantMismatch,
    {
      object: child.name,
      message: `${plural(rows, 'row')} ${rows === 1 ? 'points' : 'point'} at rows of other tenants in ${formatQualified(parent)}${which ? `: ${which}` : ''}`,
      evidence: { constraint: conname, parent: formatQualified(parent), rows, examples },
    },
    conname,
  );
}

/** Not where the key holds the tenant on both sides, or where the parent's owners come and go; a tenant's own row may be referred to by others. */
function canDiffer({ child, pairs }: ForeignKey, parent: RelationIntent): boolean {
  const [own, other] = [child.intent.tenantColumn, parent.tenantColumn];
  const holdsTenant =
    own !== null && pairs.some(({ column, parentColumn }) => column === own && parentColumn === other);
  return !holdsTenant && parent.tenancy !== 'root' && parent.ownership?.by !== 'children';
}
