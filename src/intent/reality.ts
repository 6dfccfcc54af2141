import { findColumn, findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { KeyType, Model } from '../model/model.ts';
import { suggestion } from '../model/suggest.ts';
import { formatIdent, formatQualified, type QualifiedName } from '../sql/ident.ts';
import type { Mismatch } from './mismatch.ts';
import { familyOf, familyOfKey, type TypedSql, type TypeFamily } from './sql-type.ts';

/** Asks the catalog for what the model names, and notes what it does not find. */
export class Reality {
  private readonly found: Mismatch[] = [];

  constructor(
    readonly model: Model,
    readonly snapshot: CatalogSnapshot,
  ) {}

  get mismatches(): readonly Mismatch[] {
    return this.found;
  }

  report(at: string, message: string, absent = false): void {
    this.found.push({ at, message, absent });
  }

  relation(name: QualifiedName, at: string, kind = 'table'): Relation | undefined {
    const relation = findRelation(this.snapshot, name);
    if (relation !== undefined) return relation;
    const known = this.snapshot.relations.map(({ nspname: schema, relname }) =>
      formatQualified({ schema, name: relname }),
    );
    const written = formatQualified(name);
    this.report(at, `there is no ${kind} ${written}${suggestion(written, known)}`, true);
    return undefined;
  }

  /** Notes a column that is not there. */
  hasColumn(relation: Relation, name: string, at: string): boolean {
    if (findColumn(relation, name)) return true;
    const known = relation.columns.map((column) => formatIdent(column.attname));
    const table = formatQualified({ schema: relation.nspname, name: relation.relname });
    this.report(at, `${table} has no column ${formatIdent(name)}${suggestion(formatIdent(name), known)}`, true);
    return false;
  }

  /** The family of a column that holds ids of a type; notes where it is not there, or cannot hold them. */
  familyOf(relation: Relation, name: string, type: KeyType, at: string): TypeFamily | undefined {
    if (!this.hasColumn(relation, name, at)) return undefined;
    const actual = findColumn(relation, name)?.type ?? '';
    const family = familyOf(actual);
    if (family !== null && (family === 'other' || family === familyOfKey(type))) return family;
    const column = `${formatQualified({ schema: relation.nspname, name: relation.relname })}.${formatIdent(name)}`;
    this.report(at, `${column} is ${actual}, and its ids are ${type}`);
    return undefined;
  }

  /** A column as SQL, for one that `familyOf` accepts. */
  typed(relation: Relation, name: string, sql: string, type: KeyType, at: string): TypedSql | undefined {
    const family = this.familyOf(relation, name, type, at);
    return family && { sql, family };
  }
}
