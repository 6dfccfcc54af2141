import type { Session } from '../postgres/session.ts';
import { quoteQualified } from '../sql/ident.ts';
import type { BackfillTable } from './table.ts';

/** The share of a table after which the room of the old row versions is worth a VACUUM. */
const share = 0.2;
/** A smaller table may double. */
const fromPages = 1024;

/** Counts the rows that all workers together have changed, whose old versions lie about. */
export class Bloat {
  #changed = 0;

  constructor(private readonly table: BackfillTable) {}

  /** Whether, with so many more, the next ones could have the room of enough of them; then it counts anew. */
  asksForVacuum(changed: number): boolean {
    const { pages, estimate } = this.table;
    this.#changed += changed;
    if (pages < fromPages || estimate <= 0 || this.#changed < estimate * share) return false;
    this.#changed = 0;
    return true;
  }
}

/**
 * As gentle to the disk as autovacuum is. Best effort: one that is under way does, and who may not gets a warning. The file
 * is not cut, which would lock others out.
 */
export async function vacuum({ client, signal }: Session, table: BackfillTable): Promise<void> {
  if (signal.aborted) return;
  try {
    await client.query(
      `select pg_catalog.set_config('vacuum_cost_delay', s.setting, false)
         from pg_catalog.pg_settings as s
        where s.name = 'autovacuum_vacuum_cost_delay' and s.setting <> '-1'`,
    );
    await client.query(`vacuum (skip_locked, truncate false) ${quoteQualified(table)}`);
  } catch {
    // The backfill goes on without; what is wrong with the session its next batch tells.
  }
}
