import type pg from 'pg';
import { frozenRead } from '../catalog/frozen-read.ts';
import { descendantsOf, foreignKeysOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Relation } from '../catalog/snapshot.ts';
import { columnNames } from '../model/sql-expression.ts';
import { formatIdent, formatQualified, quoteIdent } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { domainChecks, readTypes, storedType, type TypeRef, type Types } from './type-info.ts';

const sql = {
  columns: loadSql(import.meta.url, './queries/columns.sql'),
  keys: loadSql(import.meta.url, './queries/keys.sql'),
  checks: loadSql(import.meta.url, './queries/checks.sql'),
  partitions: loadSql(import.meta.url, './queries/partitions.sql'),
};

/** SQL over the columns of a row that must not be false. */
export interface Condition {
  /** What it is, for people: `the check price_positive`. */
  readonly name: string;
  readonly sql: string;
  /** The columns of the table that it names. */
  readonly columns: readonly string[];
}

export interface ShapeColumn extends Column {
  readonly declared: TypeRef;
  /** What it is stored as: the base of a domain. */
  readonly stored: TypeRef;
  /** It takes no NULL, by itself or by its domain. */
  readonly required: boolean;
}

/** What must not repeat. */
export interface Key {
  readonly name: string;
  readonly exclusion: boolean;
  readonly columns: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly target: number;
  readonly targetColumns: readonly string[];
  readonly deferrable: boolean;
  /** One of its columns takes NULL. */
  readonly nullable: boolean;
}

/** All that a row of a table must satisfy. */
export interface TableShape {
  readonly relation: Relation;
  readonly name: string;
  /** The columns that take a value: all but generated ones. */
  readonly columns: readonly ShapeColumn[];
  readonly generated: readonly Column[];
  readonly keys: readonly Key[];
  readonly conditions: readonly Condition[];
  readonly foreignKeys: readonly ForeignKey[];
  /** The partitions that hold rows, each with what a row in it satisfies. */
  readonly leaves: readonly Condition[];
}

export interface Shapes {
  readonly tables: ReadonlyMap<number, TableShape>;
  readonly types: Types;
}

/** Reads the shapes of tables, and of those that their foreign keys lead to, at any distance. */
export async function readShapes(
  client: pg.ClientBase,
  snapshot: CatalogSnapshot,
  wanted: readonly Relation[],
): Promise<Shapes> {
  const relations = withTargets(snapshot, wanted);
  const oids = relations.map(({ oid }) => oid);
  return frozenRead(client, async () => {
    const rows = async <R extends pg.QueryResultRow>(text: string): Promise<readonly R[]> =>
      (await client.query<R>(text, [oids])).rows;
    const columns = await rows<{ attrelid: number; attname: string; atttypid: number }>(sql.columns);
    const types = await readTypes(client, [...new Set(columns.map(({ atttypid }) => atttypid))]);
    const keys = await rows<Key & { indrelid: number }>(sql.keys);
    const checks = await rows<{ conrelid: number; name: string; sql: string }>(sql.checks);
    const leaves = await rows<{ root: number; schema: string; name: string; sql: string | null }>(sql.partitions);
    const shapeOf = (relation: Relation): TableShape => {
      const { oid } = relation;
      const typeOids = new Map(
        columns.filter(({ attrelid }) => attrelid === oid).map(({ attname, atttypid }) => [attname, atttypid]),
      );
      const shaped = relation.columns.flatMap((column) => shapeColumn(column, types, typeOids.get(column.attname)));
      const condition = conditionsOver(relation);
      return {
        relation,
        name: formatQualified({ schema: relation.nspname, name: relation.relname }),
        columns: shaped,
        generated: relation.columns.filter(({ attgenerated }) => attgenerated !== ''),
        keys: keys.filter(({ indrelid }) => indrelid === oid),
        conditions: [
          ...checks
            .filter(({ conrelid }) => conrelid === oid)
            .map((check) => condition(`the check ${formatIdent(check.name)}`, check.sql)),
          ...shaped.flatMap((column) => domainConditions(column, types)),
        ],
        foreignKeys: foreignKeysFrom(snapshot, relation, shaped),
        leaves: leaves
          .filter(({ root }) => root === oid)
          .map((leaf) => condition(`the bounds of ${formatQualified(leaf)}`, leaf.sql ?? 'true')),
      };
    };
    return { tables: new Map(relations.map((relation) => [relation.oid, shapeOf(relation)])), types };
  });
}

/** A condition over a table, with the columns that it names, and those that generated columns among them are made of. */
export function conditionsOver({ columns }: Relation): (name: string, sql: string) => Condition {
  return (name, text) => {
    const named = new Set(columnNames(text));
    for (const column of columns) {
      if (named.has(column.attname)) for (const source of sourcesOf(column)) named.add(source);
    }
    return { name, sql: text, columns: columns.map(({ attname }) => attname).filter((column) => named.has(column)) };
  };
}

/** The columns that a generated column is made of. */
export function sourcesOf(column: Column): ReadonlySet<string> {
  return column.attgenerated === '' ? new Set() : columnNames(column.default ?? 'null');
}

function withTargets(snapshot: CatalogSnapshot, wanted: readonly Relation[]): readonly Relation[] {
  const { relations, constraints } = snapshot;
  const found = new Set(wanted.map(({ oid }) => oid));
  // A set that grows while it is walked is walked to its end.
  for (const oid of found) {
    const relation = relations.find((candidate) => candidate.oid === oid);
    const partitions = relation ? descendantsOf(snapshot, relation).filter(({ relispartition }) => relispartition) : [];
    const holders = new Set([oid, ...partitions.map((partition) => partition.oid)]);
    for (const { contype, conrelid, confrelid } of constraints) {
      if (contype === 'f' && holders.has(conrelid) && confrelid !== null) found.add(confrelid);
    }
  }
  return relations.filter(({ oid }) => found.has(oid));
}

function shapeColumn(column: Column, types: Types, oid: number | undefined): readonly ShapeColumn[] {
  const type = types.get(oid ?? 0);
  if (type === undefined || column.attgenerated !== '') return [];
  const declared = { type, name: column.type };
  return [
    {
      ...column,
      declared,
      stored: storedType(types, declared),
      required: column.attnotnull || (type.typtype === 'd' && type.typnotnull),
    },
  ];
}

function domainConditions({ attname, declared, stored }: ShapeColumn, types: Types): readonly Condition[] {
  return domainChecks(types, declared).map((check) => ({
    name: `the check ${formatIdent(check.name)} of ${declared.type.name}`,
    sql: `(select (${check.sql}) from (select ${quoteIdent(attname)}::${stored.name} as value) as d)`,
    columns: [attname],
  }));
}

/** Those of its partitions too. A key to a partitioned table is there once more for each partition: only the first counts. */
function foreignKeysFrom(
  snapshot: CatalogSnapshot,
  relation: Relation,
  columns: readonly ShapeColumn[],
): readonly ForeignKey[] {
  const isPartition = (oid: number | null): boolean =>
    snapshot.relations.some((candidate) => candidate.oid === oid && candidate.relispartition);
  const holders = [relation, ...descendantsOf(snapshot, relation).filter(({ relispartition }) => relispartition)];
  const nullable = new Set(columns.filter(({ required }) => !required).map(({ attname }) => attname));
  const found = new Map<string, ForeignKey>();
  for (const key of holders.flatMap((holder) => foreignKeysOf(snapshot, holder))) {
    const repeated = isPartition(key.confrelid) && [...found.values()].some((other) => sameColumns(other, key));
    const place = JSON.stringify([key.columns, key.confrelid, key.confcolumns]);
    if (key.confrelid === null || repeated || found.has(place)) continue;
    found.set(place, {
      name: key.conname,
      columns: key.columns,
      target: key.confrelid,
      targetColumns: key.confcolumns,
      deferrable: key.condeferrable,
      nullable: key.columns.some((column) => nullable.has(column)),
    });
  }
  // A key to a partition that came before the one to the whole.
  return [...found.values()].filter(
    (key) => !isPartition(key.target) || ![...found.values()].some((other) => other !== key && sameColumns(other, key)),
  );
}

function sameColumns(a: { readonly columns: readonly string[] }, b: { readonly columns: readonly string[] }): boolean {
  return a.columns.join('\u0000') === b.columns.join('\u0000');
}
