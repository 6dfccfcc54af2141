import { quoteIdent } from '../sql/ident.ts';
import { subjectSetting } from './block.ts';
import { type IdType, idTypeOf } from './id-types.ts';
import type { Target } from './target.ts';

/**
 * How rows are told apart, beyond how many they are: each has a number, and the sums are compared.
 *
 * By identity it is a hash of the row's key. By owner it is 1 for a row of the subject and 0 for any other: where a table shows as
 * many rows as it should, and as many of the subject's own, it shows exactly those, since it can show none that it does not hold.
 * An index on the tenant column answers that by itself, without a look at the table.
 */
export interface Measure {
  readonly by: 'identity' | 'owner';
  /** SQL over the alias `t`, in a session that was told its subject. */
  readonly hash: string;
  /** The owners' type, where each subject's id is a value of it. */
  readonly idType: IdType | null;
}

export function identityMeasure({ hash }: Target): Measure {
  return { by: 'identity', hash, idType: null };
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
    hash: `(${left} operator(pg_catalog.=) ${right})::pg_catalog.int4`,
    idType: isRead ? type : null,
  };
}

/** The subject that the session was told: a query of its own, so that the setting is read once and not for each row. */
const subjectAsText = `(select pg_catalog.current_setting('${subjectSetting}'))`;

export function subjectAs({ cast }: IdType): string {
  return `(select pg_catalog.current_setting('${subjectSetting}')::${cast})`;
}
