import { formatIdent, quoteQualified } from '../../sql/ident.ts';
import type { Probe } from '../probe.ts';
import { describeFailure } from '../session.ts';
import { ownedTables, type OwnedTable } from '../stored.ts';
import { plural } from '../wording.ts';

/** A tenant table may hold no row without a tenant, unless the model shares such rows. */
export const tenantNull: Probe = {
  id: 'tenant-null',
  severity: 'error',
  summary: 'Rows of a tenant table name no tenant.',
  help: 'Nobody owns these rows: tenants lose them, or a policy with IS NOT DISTINCT FROM shows them to every session without a context. Backfill the column, then set it NOT NULL.',
  writes: false,
  async run(run) {
    for (const table of ownedTables(run)) {
      const { target, ownership } = table;
      if (ownership.unowned === null) continue;
      const counted = await run.session.truth<{ rows: string }>(
        `select pg_catalog.count(*)::pg_catalog.text as rows from ${quoteQualified(target.truth.from)} t
         where (${ownership.unowned}) and not (${target.truth.shared})`,
      );
      if (!counted.ok) {
        run.tally.inconclusive(tenantNull.id, target.name, describeFailure(counted.failure));
        continue;
      }
      run.tally.check();
      const rows = Number(counted.value[0]?.rows ?? 0);
      if (rows === 0) continue;
      const what = wanting(table);
      run.tally.find(tenantNull, {
        object: target.name,
        message: `${plural(rows, 'row')} ${rows === 1 ? 'has' : 'have'} no ${what}`,
        evidence: { column: target.intent.tenantColumn, by: ownership.by, rows },
      });
    }
  },
};

function wanting({ target, ownership }: OwnedTable): string {
  if (target.intent.tenantColumn !== null) return formatIdent(target.intent.tenantColumn);
  return ownership.by === 'expression' ? 'tenant in the expression that the model gives' : 'row that owns them';
}
