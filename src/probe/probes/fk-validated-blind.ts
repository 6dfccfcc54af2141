import { formatQualified, quoteIdent } from '../../sql/ident.ts';
import { type ForeignKey, readForeignKeys } from '../foreign-keys.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';
import { describeFailure } from '../session.ts';
import { namedRow, namingColumns, textArray } from '../stored.ts';
import { plural, quoteRow } from '../wording.ts';

/** A validated foreign key must hold: the owner that validated it may have seen no row. */
export const fkValidatedBlind: Probe = {
  id: 'fk-validated-blind',
  severity: 'error',
  summary: 'A foreign key is marked as validated, and rows violate it.',
  help:
    'Row-level security hid the rows from the check, or triggers were off: whoever gets the missing key later owns these rows. ' +
    'Repair them, and run migrations with row_security = off, so that a bound owner gets an error.',
  writes: false,
  async run(run) {
    const keys = await readForeignKeys(run);
    if (!keys.ok) {
      run.tally.inconclusive(fkValidatedBlind.id, run.snapshot.database, describeFailure(keys.failure));
      return;
    }
    for (const key of keys.value) if (key.convalidated) await judge(run, key);
  },
};

async function judge(run: ProbeRun, key: ForeignKey): Promise<void> {
  const { child, conname, pairs } = key;
  run.progress(`${child.name} by ${conname}`);
  const columns = pairs.map(({ column }) => column);
  const naming = namingColumns(run, child, columns);
  const present = columns.map((column) => `t.${quoteIdent(column)} is not null`);
  const same = pairs.map(
    ({ column, parentColumn, operator }) => `p.${quoteIdent(parentColumn)} ${operator} t.${quoteIdent(column)}`,
  );
  // MATCH SIMPLE: a key with a NULL in it refers to nothing.
  const orphans = `from ${key.from} t where ${present.join(' and ')}
    and not exists (select from ${key.parentFrom} p where ${same.join(' and ')})`;
  const counted = await run.session.truth<{ rows: string }>(
    `select pg_catalog.count(*)::pg_catalog.text as rows ${orphans}`,
  );
  if (!counted.ok) {
    run.tally.inconclusive(fkValidatedBlind.id, child.name, `By ${conname}: ${describeFailure(counted.failure)}.`);
    return;
  }
  run.tally.check();
  const rows = Number(counted.value[0]?.rows ?? 0);
  if (rows === 0) return;
  const named = await run.session.truth<{ named: (string | null)[]; missing: (string | null)[] }>(
    `select ${textArray(naming)} as named, ${textArray(columns)} as missing ${orphans} order by 1 limit 5`,
  );
  const examples = (named.ok ? named.value : []).map((row) => ({
    ...namedRow(naming, row.named, null),
    missing: namedRow(columns, row.missing, null).row,
  }));
  const parent = formatQualified({ schema: key.parentSchema, name: key.parentName });
  const which = examples.slice(0, 3).map(quoteRow).join(', ');
  run.tally.find(
    fkValidatedBlind,
    {
      object: child.name,
      message: `${plural(rows, 'row')} ${rows === 1 ? 'has' : 'have'} no row in ${parent}, although ${conname} is validated${which ? `: ${which}` : ''}`,
      evidence: { constraint: conname, parent, rows, examples },
    },
    conname,
  );
}
