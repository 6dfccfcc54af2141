import type { Probe } from '../probe.ts';
import { describeFailure } from '../session.ts';
import { ownerCounts, ownedTables, tenantIdsSql } from '../stored.ts';
import { plural } from '../wording.ts';

/** The tenant that a row names must exist. */
export const tenantUnknown: Probe = {
  id: 'tenant-unknown',
  severity: 'error',
  summary: 'Rows of a tenant table name a tenant that does not exist.',
  help: 'Nobody can see these rows now, and whoever gets that id later owns them. Repair or delete them, then add a foreign key to the tenants table.',
  writes: false,
  async run(run) {
    const ids = tenantIdsSql(run);
    if (ids === null) return;
    for (const { target, ownership } of ownedTables(run)) {
      // Of rows that name another row, and not a tenant, that one tells.
      if (ownership.by !== 'column' && ownership.by !== 'expression') continue;
      const counted = await run.session.truth<{ owner: string; rows: string }>(
        `select o.owner, o.rows::pg_catalog.text as rows from (${ownerCounts(target, ownership)}) o
         where not exists (select from (${ids}) tenant where tenant.id = o.owner collate pg_catalog."C")
         order by o.rows desc, 1 limit 10`,
      );
      if (!counted.ok) {
        run.tally.inconclusive(tenantUnknown.id, target.name, describeFailure(counted.failure));
        continue;
      }
      run.tally.check();
      const [first] = counted.value;
      if (!first) continue;
      const rows = Number(first.rows);
      const more = counted.value.length > 1 ? ', and there are more such ids' : '';
      run.tally.find(tenantUnknown, {
        object: target.name,
        message: `${plural(rows, 'row')} ${rows === 1 ? 'belongs' : 'belong'} to ${first.owner}, which is no tenant${more}`,
        evidence: {
          column: target.intent.tenantColumn,
          owners: counted.value.map((row) => ({ owner: row.owner, rows: Number(row.rows) })),
        },
      });
    }
  },
};
