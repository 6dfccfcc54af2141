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
  /** Foreign ones of somebody whom the subject meets in another tenant; not among the others. */
  readonly acquainted: readonly string[];
  /** Rows of its own, and shared ones. */
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
    const found = await affectedOf(run, table, subject);
    if (found.ok) affected.push(found.value);
    else {
      const reason = `Whose its rows are could not be read: ${describeFailure(found.failure)}.`;
      failures.push({ ruleId: noninterference.id, object: table.name, reason });
    }
  }
  return { affected, failures };
}

async function affectedOf(run: RunInput, table: TenantTable, subject: string | null): Promise<Attempt<Affected>> {
  const known = subject === null ? null : table.intent.acquainted;
  const rowsOf = (predicate: string): Promise<Attempt<readonly string[]>> => places(run, table, subject, predicate);
  const others = foreignTo(table, subject);
  const foreign = await rowsOf(known === null ? others : `${others} and not ${known}`);
  if (!foreign.ok) return foreign;
  const acquainted = known === null ? { ok: true as const, value: [] } : await rowsOf(`${others} and ${known}`);
  if (!acquainted.ok) return acquainted;
  const mine = subject === null ? 'false' : `not (${table.intent.foreign})`;
  const own = await rowsOf(mine);
  if (!own.ok) return own;
  return {
    ok: true,
    value: {
      table,
      foreign: foreign.value.slice(0, affectedRows),
      acquainted: acquainted.value.slice(0, affectedRows),
      own: own.value,
      sampled: foreign.value.length > affectedRows,
    },
  };
}

/** Only what is known of people whom the subject meets elsewhere, as far as there is any. */
export function acquaintances(affected: readonly Affected[]): readonly Affected[] {
  return affected
    .filter(({ acquainted }) => acquainted.length > 0)
    .map(({ table, acquainted, sampled }) => ({ table, foreign: acquainted, acquainted: [], own: [], sampled }));
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
