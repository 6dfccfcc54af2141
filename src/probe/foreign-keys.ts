import { loadSql } from '../sql/load.ts';
import { quoteQualified } from '../sql/ident.ts';
import type { RunInput } from './input.ts';
import type { Attempt } from './session.ts';
import type { Target } from './target.ts';

const foreignKeysSql = loadSql(import.meta.url, './queries/foreign-keys.sql');

/** A foreign key of a target; of a partition's only those that are its own. */
export interface ForeignKey {
  readonly conname: string;
  readonly child: Target;
  readonly parentOid: number;
  readonly parentSchema: string;
  readonly parentName: string;
  readonly convalidated: boolean;
  readonly pairs: readonly KeyPair[];
  /** The rows that it is about, as an item of FROM without an alias: an inheritance child is not bound by its parent's key. */
  readonly from: string;
  readonly parentFrom: string;
}

export interface KeyPair {
  readonly column: string;
  readonly parentColumn: string;
  /** The operator by which PostgreSQL compares the parent's column with the child's. */
  readonly operator: string;
}

interface ForeignKeyRow extends Pick<ForeignKey, 'conname' | 'convalidated' | 'parentSchema' | 'parentName' | 'pairs'> {
  readonly conrelid: number;
  readonly confrelid: number;
  readonly partitioned: boolean;
  readonly parentPartitioned: boolean;
}

/** The foreign keys of all targets. */
export async function readForeignKeys({ session, targets }: RunInput): Promise<Attempt<readonly ForeignKey[]>> {
  const children = new Map(targets.map((target) => [target.relation.oid, target]));
  const read = await session.truth<ForeignKeyRow>(foreignKeysSql, [[...children.keys()]]);
  if (!read.ok) return read;
  const keys = read.value.flatMap(({ conrelid, confrelid, partitioned, parentPartitioned, ...key }): ForeignKey[] => {
    const child = children.get(conrelid);
    if (child === undefined) return [];
    const { nspname: schema, relname: name } = child.relation;
    const parent = { schema: key.parentSchema, name: key.parentName };
    return [
      {
        ...key,
        child,
        parentOid: confrelid,
        from: `${partitioned ? '' : 'only '}${quoteQualified({ schema, name })}`,
        parentFrom: `${parentPartitioned ? '' : 'only '}${quoteQualified(parent)}`,
      },
    ];
  });
  return { ok: true, value: keys };
}
