import type pg from 'pg';
import { quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';

const firingTriggersSql = loadSql(import.meta.url, './queries/firing-triggers.sql');

interface Trigger extends QualifiedName {
  readonly trigger: string;
  readonly always: boolean;
}

/**
 * Runs `body`, in the open transaction, while no user trigger of the tables fires. Each is then as it was, also one
 * that fires always: DISABLE and ENABLE TRIGGER USER would forget that, and wake those that were asleep.
 */
export async function withQuietTriggers<T>(
  client: pg.ClientBase,
  tables: readonly QualifiedName[],
  body: () => Promise<T>,
): Promise<T> {
  const { rows: triggers } = await client.query<Trigger>(firingTriggersSql, [tables.map(quoteQualified)]);
  const alter = (trigger: Trigger, action: string) =>
    client.query(`alter table only ${quoteQualified(trigger)} ${action} trigger ${quoteIdent(trigger.trigger)}`);
  for (const trigger of triggers) await alter(trigger, 'disable');
  const result = await body();
  for (const trigger of triggers) await alter(trigger, trigger.always ? 'enable always' : 'enable');
  return result;
}
