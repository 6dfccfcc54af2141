import { sqlstate } from '../postgres/database-error.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { idTypeOf } from './id-types.ts';
import type { Owning } from './owning.ts';
import type { Attempt, Failure, ProbeSession } from './session.ts';
import type { Target } from './target.ts';

/** How one scan finds the owner of each row. */
export interface OwnerSource {
  readonly from: string;
  /** As text. */
  readonly owner: string;
  /** What rows are grouped by: the owner, or an id that is grouped faster than its text. */
  readonly grouped: string;
  /** The user whose own a row is as well, as text; null where it is nobody's. */
  readonly user: string | null;
}

/** Null where rows have several owners, or depend on who looks. */
export function ownerSource({ truth, intent }: Target, { users }: Pick<Owning, 'users'>): OwnerSource | null {
  const { from, tenantColumn, tenantType, ownership, contextual } = truth;
  if (contextual || (users && ownership?.passesUser === true)) return null;
  const table = `${quoteQualified(from)} t`;
  const user = users && intent.userColumn !== null ? asText(`t.${quoteIdent(intent.userColumn)}`) : null;
  if (tenantColumn !== null) {
    const column = `t.${quoteIdent(tenantColumn)}`;
    const owner = asText(column);
    // The texts of ids differ where the values do. Texts that a collation calls equal stay apart.
    return { from: table, owner, grouped: idTypeOf(tenantType) ? column : owner, user };
  }
  if (ownership === null || ownership.by === 'children' || ownership.by === 'schema') return null;
  const owner = 'o.owner collate pg_catalog."C"';
  // A value, and no row: where there are two, nothing is to be counted twice.
  const only = `(select (select o.owner from (${ownership.owners}) o) as owner) o`;
  return { from: `${table} cross join lateral ${only}`, owner, grouped: owner, user };
}

function asText(column: string): string {
  return `${column}::pg_catalog.text collate pg_catalog."C"`;
}

export function hasSeveralOwners({ sqlstate: state }: Failure): boolean {
  return state === sqlstate.cardinalityViolation;
}

/** Somebody who has rows of its own, and is not `except`; null where none is found by the row alone. */
export async function sampleOwner(
  session: ProbeSession,
  target: Target,
  except: string | null,
): Promise<Attempt<string | null>> {
  const source = ownerSource(target, { users: false });
  if (source === null) return { ok: true, value: null };
  const { from, owner } = source;
  const found = await session.truth<{ owner: string }>(
    `select ${owner} as owner from ${from}
     where ${owner} is not null and ${owner} is distinct from $1::pg_catalog.text and not (${target.truth.shared}) limit 1`,
    [except],
  );
  if (found.ok) return { ok: true, value: found.value[0]?.owner ?? null };
  return hasSeveralOwners(found.failure) ? { ok: true, value: null } : found;
}
