import { quoteIdent, quoteLiteral } from '../sql/ident.ts';
import { subjectSetting } from './block.ts';
import { type IdType, idTypeOf } from './id-types.ts';
import type { Target } from './target.ts';

/**
 * How rows are told apart, beyond how many they are: each has a number, and the sums are compared.
 *
 * By identity it is a hash of the row's key. By owner it is 1 for a row of the subject, `sharedWeight` for a shared one, and 0 for any other:
 * where a table shows as many rows as it should, as many of the subject's own, and as many shared ones, it shows exactly those, since it can
 * show none that it does not hold. An index on the tenant column answers that by itself, without a look at the table.
 */
export interface Measure {
  readonly by: 'identity' | 'owner';
  /** The sum of those numbers, as SQL over the alias `t`, in a session that was told its subject. */
  readonly sum: string;
  /** Whom a row belongs to, as SQL over the same alias, where it is told by owner. */
  readonly owner?: string;
  /** The owners' type, where each subject's id is a value of it. */
  readonly idType: IdType | null;
}

export function identityMeasure({ hash }: Target): Measure {
  return { by: 'identity', sum: `coalesce(pg_catalog.sum(${hash}), 0)`, idType: null };
}

/** Null where the app role may not read the owner, or where a row may be shown that is not as the table holds it. */
export function ownerMeasure({ relation, privileges, truth }: Target, subjects: readonly string[]): Measure | null {
  const { tenantColumn } = truth;
  const isTable = relation.relkind === 'r' || relation.relkind === 'p';
  if (!isTable || tenantColumn === null || !privileges.select.includes(tenantColumn)) return null;
  const owner = `t.${quoteIdent(tenantColumn)}`;
  const type = idTypeOf(truth.tenantType);
  const isRead = type && subjects.every((id) => type.reads.test(id));
  const [left, right] = isRead
    ? [owner, subjectAs(type)]
    : [`${owner}::pg_catalog.text collate pg_catalog."C"`, subjectAsText];
  return {
    by: 'owner',
    owner: left,
    sum: `pg_catalog.count(*) filter (where ${left} operator(pg_catalog.=) ${right})`,
    idType: isRead ? type : null,
  };
}

/** More than a table has rows. */
export const sharedWeight = 4_294_967_296n;

/** Owners that are told apart from others for the rows that they share. */
export const sharingOwners = 8;

/** The same measure of a table of which these owners share their rows; null where there are too many. */
export function withShared(measure: Measure, sharing: readonly (string | null)[]): Measure | null {
  const { owner = '', idType, sum } = measure;
  if (sharing.length === 0) return measure;
  if (sharing.length > sharingOwners) return null;
  const shared = sharing.map((id) => ownedBy(owner, idType, id));
  const count = `pg_catalog.count(*) filter (where ${shared.join(' or ')})`;
  return { ...measure, sum: `${sum} + ${sharedWeight} * ${count}` };
}

/** Whether a row, whose owner is the SQL `owner`, is this one's. */
export function ownedBy(owner: string, idType: IdType | null, id: string | null): string {
  return id === null ? `${owner} is null` : `${owner} operator(pg_catalog.=) ${ownerId(idType, id)}`;
}

/** An owner's id as what rows hold. */
export function ownerId(idType: IdType | null, id: string): string {
  return `${quoteLiteral(id)}::${idType?.cast ?? 'pg_catalog.text'}`;
}

/** The subject that the session was told: a query of its own, so that the setting is read once and not for each row. */
const subjectAsText = `(select pg_catalog.current_setting('${subjectSetting}'))`;

export function subjectAs({ cast }: IdType): string {
  return `(select pg_catalog.current_setting('${subjectSetting}')::${cast})`;
}
