import type { EmbeddedIds } from '../../intent/relation-intent.ts';
import { formatQualified, quoteIdent, quoteQualified, sameName } from '../../sql/ident.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';
import { describeFailure } from '../session.ts';
import {
  mayRefer,
  namedRow,
  namingColumns,
  ownedTables,
  type OwnedTable,
  referredRows,
  referringRows,
} from '../stored.ts';
import { plural, quoteRow } from '../wording.ts';

/** The ids inside arrays and JSON that the model names must lead to no other tenant's rows. */
export const foreignIdEmbedded: Probe = {
  id: 'foreign-id-embedded',
  severity: 'error',
  summary: "Rows hold ids of another tenant's rows, in arrays, JSON or pairs that no foreign key sees.",
  help:
    'The application follows these ids to rows of another customer, or shows that they exist. ' +
    'Remove them, and keep such references in a link table with a composite foreign key, or check them when they are written.',
  writes: false,
  async run(run) {
    for (const table of ownedTables(run)) {
      for (const embedded of table.target.intent.embedded) await judge(run, table, embedded);
    }
  },
};

/** How many ids were found, how many lead to a row, and how many of those to one of another tenant. */
interface Counts {
  readonly ids: string;
  readonly leading: string;
  readonly strays: string;
}

interface Stray {
  readonly named: (string | null)[];
  readonly id: string;
  readonly owner: string;
  readonly owners: string[];
}

async function judge(run: ProbeRun, { target, ownership }: OwnedTable, embedded: EmbeddedIds): Promise<void> {
  const { key, ids, column } = embedded;
  const where = formatQualified(embedded.target);
  const inconclusive = (reason: string): void => {
    run.tally.inconclusive(foreignIdEmbedded.id, target.name, `${key}: ${reason}`);
  };
  const led = run.intent.relations.find((relation) => relation.kind === 'table' && sameName(relation, embedded.target));
  if (led === undefined) {
    inconclusive(`The model does not say whose the rows of ${where} are.`);
    return;
  }
  // Rows that are shared as a whole, or out of reach, lead to nobody.
  if (led.ownership === null) return;
  run.progress(`${target.name} by ${key}`);
  const naming = namingColumns(run, target, target.identity);
  const holders = referringRows(
    quoteQualified(target.truth.from),
    { ...target.intent, ownership },
    naming,
    'e.id',
    ` cross join lateral (${ids}) e`,
  );
  const id = `t.${quoteIdent(column)}::pg_catalog.text as id`;
  const rows = referredRows(quoteQualified(embedded.target), { ...led, ownership: led.ownership }, [column], id);
  // Where the column is no key, one row that the tenant may see is enough.
  const groups = `select c.id, c.owner, pg_catalog.min(c.named) as named, pg_catalog.count(*) as ids,
      pg_catalog.bool_or(p.id is not null) as leads, coalesce(pg_catalog.bool_or(${mayRefer}), false) as allowed,
      pg_catalog.min(p.owners) as owners
    from (${holders}) c left join (${rows}) p on p.id = c.id collate pg_catalog."C"
    where c.owner is not null group by c.id, c.owner`;
  const values = [run.intent.platform];
  const counted = await run.session.truth<Counts>(
    `select coalesce(pg_catalog.sum(g.ids), 0)::pg_catalog.text as ids,
       coalesce(pg_catalog.sum(g.ids) filter (where g.leads), 0)::pg_catalog.text as leading,
       coalesce(pg_catalog.sum(g.ids) filter (where g.leads and not g.allowed), 0)::pg_catalog.text as strays
     from (${groups}) g`,
    values,
  );
  if (!counted.ok) {
    inconclusive(`${describeFailure(counted.failure)}.`);
    return;
  }
  const { ids: all = 0, leading = 0, strays = 0 } = numbersOf(counted.value[0]);
  if (all > 0 && leading === 0) {
    inconclusive(`None of its ${plural(all, 'id')} leads to a row of ${where}: are they ids of its ${column}?`);
    return;
  }
  run.tally.check();
  if (strays === 0) return;
  const named = await run.session.truth<Stray>(
    `select g.named, g.id, g.owner, g.owners from (${groups}) g where g.leads and not g.allowed order by g.named limit 5`,
    values,
  );
  const examples = (named.ok ? named.value : []).map((stray) => ({
    ...namedRow(naming, stray.named, stray.owner),
    leadsTo: namedRow([column], [stray.id], stray.owners.join(', ')),
  }));
  const which = examples.slice(0, 3).map(quoteRow).join(', ');
  run.tally.find(
    foreignIdEmbedded,
    {
      object: target.name,
      message: `${plural(strays, 'id')} in ${key} ${strays === 1 ? 'leads' : 'lead'} to rows of other tenants in ${where}${which ? `: in ${which}` : ''}`,
      evidence: { key, target: `${where}.${column}`, ids: all, dangling: all - leading, strays, examples },
    },
    key,
  );
}

function numbersOf(counts: Counts | undefined): Partial<Record<keyof Counts, number>> {
  return counts ? { ids: Number(counts.ids), leading: Number(counts.leading), strays: Number(counts.strays) } : {};
}
