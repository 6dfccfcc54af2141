import type { Command } from '../../access/policies.ts';
import type { Model } from '../../model/model.ts';
import { isNobody } from '../../model/nobody.ts';
import { isTrue, type Outcome } from './outcome.ts';
import type { Ownership } from './ownership.ts';
import { nothing, type Value } from './value.ts';

/** Rows that are alike to a policy, and not the subject's, and a session that asks for them. */
export interface Situation {
  readonly rows: Rows;
  readonly context: ContextState;
  /** What the row's owner column holds, or the expression of the model for it. */
  readonly tenant: Value;
  /** What the column of the row's own user holds. */
  readonly user: Value;
  /** What the model says of such rows: the outcome of conditions, by their key. */
  readonly known: ReadonlyMap<string, Outcome>;
  /** Sets of conditions, by their keys, that do not all hold. */
  readonly apart: readonly (readonly string[])[];
}

type RowsAlike = Omit<Situation, 'context'>;

/**
 * - `foreign`: another tenant's
 * - `literal`: those of a tenant that the expression names
 * - `ownerless`: those without an owner
 * - `blank`: those whose owner is the empty text
 * - `shared`: another tenant's, which everybody may read and not write
 */
export type Rows = 'foreign' | 'literal' | 'ownerless' | 'blank' | 'shared';

export type ContextState = 'set' | 'unset' | 'empty';

const contexts: readonly ContextState[] = ['set', 'unset', 'empty'];

/** The situations in which a command must reach no row, of expressions that name these literals. */
export function situationsOf(
  model: Model,
  ownership: Ownership,
  command: Command,
  literals: ReadonlySet<string>,
): readonly Situation[] {
  const { table, nullable } = ownership;
  const reading = command === 'select';
  const lenient = (access: 'read' | 'write'): boolean => reading || access === 'write';
  const others = base(ownership);
  const platform = table.share.find(({ kind }) => kind === 'platform');
  const literalRows = (text: string): Rows | null => {
    if (text !== model.tenants.platform || platform === undefined) return 'literal';
    return lenient(platform.access) ? null : 'shared';
  };
  const ids = [...literals].filter((text) => isId(model, text));
  const rows: readonly RowsAlike[] = [
    { ...others, rows: 'foreign' },
    ...ids.flatMap((text): readonly RowsAlike[] => {
      const named = literalRows(text);
      return named === null ? [] : [{ ...others, tenant: tenantOf(text), rows: named }];
    }),
    ...(nullable ? ownerless(ownership, others, reading) : []),
    ...(model.tenants.type === 'text' ? [{ ...others, tenant: tenantOf(''), rows: 'blank' as const }] : []),
    ...ownership.shares
      .filter(({ access }) => !lenient(access))
      .map(({ conditions }) => ({
        ...others,
        known: new Map(conditions.map((condition) => [condition, isTrue])),
        apart: [],
        rows: 'shared' as const,
      })),
  ];
  return rows.flatMap((one) => contexts.map((context) => ({ ...one, context })));
}

function ownerless({ table }: Ownership, others: Omit<RowsAlike, 'rows'>, reading: boolean): readonly RowsAlike[] {
  const shared = table.tenancy === 'row' && table.nulls === 'shared';
  if (shared && reading) return [];
  return [{ ...others, tenant: nothing, rows: shared ? 'shared' : 'ownerless' }];
}

/** Rows that no condition of the model shares. */
function base({ shares }: Ownership): Omit<RowsAlike, 'rows'> {
  const refused: Outcome = { true: 'never', false: 'certain', null: 'maybe' };
  const lone = shares.flatMap(({ conditions }) => (conditions.length === 1 ? conditions : []));
  return {
    tenant: { kind: 'id', of: 'tenant' },
    user: { kind: 'id', of: 'user' },
    known: new Map(lone.map((condition) => [condition, refused])),
    apart: shares.map(({ conditions }) => conditions).filter((conditions) => conditions.length > 1),
  };
}

function tenantOf(text: string): Value {
  return { kind: 'id', of: 'tenant', text };
}

/** Whether a text may be a tenant's id. */
function isId(model: Model, text: string): boolean {
  const { type } = model.tenants;
  if (isNobody(model, text)) return false;
  if (type === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  return type === 'text' ? text !== '' : /^-?\d+$/.test(text);
}
