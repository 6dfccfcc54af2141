import { findRelation, nameOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import type { RelationIntent } from '../../intent/relation-intent.ts';
import { formatQualified, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, describeFailure } from '../session.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import type { Unreached } from './observable.ts';

/** A table that stores rows of tenants: itself, without its partitions and children, which are tables of their own. */
export interface TenantTable {
  readonly name: string;
  readonly relation: Relation;
  readonly intent: RelationIntent;
}

/** Rows of one table that are changed, by their place. */
export interface Affected {
  readonly table: TenantTable;
  readonly foreign: readonly string[];
  readonly own: readonly string[];
  /** There are more foreign rows than are changed. */
  readonly sampled: boolean;
}

/** Rows of each table that are changed. */
const affectedRows = 2000;

/** The tables whose rows have owners. What belongs to nobody, or to everybody, is never changed. */
export function tenantTables({ intent, snapshot, privileges }: RunInput): readonly TenantTable[] {
  const named = new Map<number, RelationIntent>();
  for (const relation of intent.relations) {
    const found = findRelation(snapshot, relation);
    if (found && relation.kind === 'table') named.set(found.oid, relation);
  }
  const intentFor = (relation: Relation | undefined): RelationIntent | undefined =>
    relation &&
    (named.get(relation.oid) ??
      relation.parents.map((oid) => intentFor(snapshot.relations.find((r) => r.oid === oid))).find(Boolean));
  return snapshot.relations.flatMap((relation) => {
    const found = relation.relkind === 'r' ? intentFor(relation) : undefined;
    const owned = found && ['row', 'root', 'schema'].includes(found.tenancy);
    if (!owned || privileges.get(relation.oid)?.truthBound === true) return [];
    return [{ name: formatQualified(nameOf(relation)), relation, intent: found }];
  });
}

/** The predicate of what is foreign; to a session without a subject all is that is not shared. */
export function foreignTo({ intent }: TenantTable, subject: string | null): string {
  return subject === null ? `not (${intent.shared})` : intent.foreign;
}

/** Finds the rows to change for a subject before any is changed: whose a row is may depend on another one. */
export async function findAffected(
  run: RunInput,
  tables: readonly TenantTable[],
  subject: string | null,
): Promise<{ readonly affected: readonly Affected[]; readonly failures: readonly Unreached[] }> {
  const affected: Affected[] = [];
  const failures: Unreached[] = [];
  for (const table of tables) {
    const foreign = await places(run, table, subject, foreignTo(table, subject));
    const mine = subject === null ? 'false' : `not (${table.intent.foreign}) and not (${table.intent.shared})`;
    const own = foreign.ok ? await places(run, table, subject, mine) : foreign;
    if (!foreign.ok || !own.ok) {
      const { failure } = own as Extract<typeof own, { ok: false }>;
      const reason = `Whose its rows are could not be read: ${describeFailure(failure)}.`;
      failures.push({ ruleId: noninterference.id, object: table.name, reason });
      continue;
    }
    const sampled = foreign.value.length > affectedRows;
    affected.push({ table, foreign: foreign.value.slice(0, affectedRows), own: own.value, sampled });
  }
  return { affected, failures };
}

/** The same rows in every run, spread over the table. */
async function places(
  { session }: RunInput,
  { relation }: TenantTable,
  subject: string | null,
  predicate: string,
): Promise<Attempt<readonly string[]>> {
  const found = await session.truth<{ place: string }>(
    `select t.ctid::pg_catalog.text as place from only ${quoteQualified(nameOf(relation))} t
     where $1::pg_catalog.text is not null and (${predicate})
     order by pg_catalog.hashtextextended(t.ctid::pg_catalog.text, 0) limit ${affectedRows + 1}`,
    [subject ?? ''],
  );
  return found.ok ? { ok: true, value: found.value.map(({ place }) => place) } : found;
}
