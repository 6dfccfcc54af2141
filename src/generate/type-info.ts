import type pg from 'pg';
import { loadSql } from '../sql/load.ts';

const typesSql = loadSql(import.meta.url, './queries/types.sql');

/** One type of the catalog. Field names are PostgreSQL's own. */
export interface TypeInfo {
  readonly oid: number;
  readonly typname: string;
  /** As `format_type` prints it without modifiers. */
  readonly name: string;
  /** b base, c composite, d domain, e enum, m multirange, p pseudo, r range */
  readonly typtype: string;
  readonly typcategory: string;
  readonly typnotnull: boolean;
  /** The type that a domain is over, and its name with modifiers. */
  readonly base: number | null;
  readonly baseName: string;
  /** The type of an array's elements. */
  readonly element: number | null;
  /** The type of a range's bounds. */
  readonly subtype: number | null;
  /** The range type of a multirange. */
  readonly range: number | null;
  readonly labels: readonly string[];
  readonly attributes: readonly { readonly attname: string; readonly type: number; readonly name: string }[];
  /** What a domain demands of `VALUE`. */
  readonly checks: readonly { readonly name: string; readonly sql: string }[];
}

export type Types = ReadonlyMap<number, TypeInfo>;

/** A type and its name with modifiers, such as `numeric(10,2)`. */
export interface TypeRef {
  readonly type: TypeInfo;
  readonly name: string;
}

/** Reads types, and those that they are made of. */
export async function readTypes(client: pg.ClientBase, oids: readonly number[]): Promise<Types> {
  const { rows } = await client.query<TypeInfo>(typesSql, [oids]);
  return new Map(rows.map((type) => [type.oid, type]));
}

/** What a domain is over, through other domains; any other type is itself. */
export function storedType(types: Types, { type, name }: TypeRef): TypeRef {
  const base = type.base === null ? undefined : types.get(type.base);
  return base === undefined ? { type, name } : storedType(types, { type: base, name: type.baseName });
}

/** What a domain and those below it demand of `VALUE`. */
export function domainChecks(types: Types, { type }: TypeRef): TypeInfo['checks'] {
  const base = type.base === null ? undefined : types.get(type.base);
  return base === undefined ? [] : [...type.checks, ...domainChecks(types, { type: base, name: type.baseName })];
}

/** The numbers in parentheses: the length of `varchar(20)`, precision and scale of `numeric(10,2)`. */
export function modifiersOf({ name }: TypeRef): readonly number[] {
  const inside = /\(([-\d, ]+)\)/.exec(name)?.[1];
  return inside === undefined ? [] : inside.split(',').map(Number);
}
