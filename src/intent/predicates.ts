import type { Relation } from '../catalog/snapshot.ts';
import type { Access, Owner, RootTable, RowTable, TableModel } from '../model/model.ts';
import { columnNames, hasSubquery } from '../model/sql-expression.ts';
import { formatQualified, quoteIdent, quoteQualified, sameName } from '../sql/ident.ts';
import { findJoin, type Join } from './foreign-key-path.ts';
import type { Reality } from './reality.ts';
import { tableSource, type RowSource } from './row-source.ts';
import type { Ownership } from './relation-intent.ts';
import { asText, constantOf, equals, type TypedSql } from './sql-type.ts';
import type { Subject } from './subject.ts';

/** Whose a row is, as SQL; each may be NULL. */
export interface Predicates {
  readonly own: string;
  readonly shared: string;
  readonly sharedForWriting: string;
}

/** A test of a tenant id: that it is the subject's, or the platform's. */
type TenantTest = (tenant: TypedSql) => string;

/** Writes the predicates of the tables of one model. */
export class PredicateWriter {
  constructor(
    private readonly reality: Reality,
    private readonly subject: Subject,
  ) {}

  /** The predicates of a table with owners, over one way to see its rows. */
  owned(table: RowTable | RootTable, source: RowSource, depth = 0): Predicates {
    const shares = [...this.shares(table, source, depth), ...this.inherited(table, source, depth)];
    const of = (access: Access | null): string =>
      anyOf(shares.filter((share) => access === null || share.access === access).map((share) => share.sql));
    return {
      own: this.own(table, source, depth),
      shared: of(null),
      sharedForWriting: of('write'),
    };
  }

  /** Which tenants own a row of a table: what `own` compares with the subject. */
  ownership(table: RowTable | RootTable, source: RowSource, depth = 0): Ownership | undefined {
    const found = this.ownersOf(table, source, depth);
    if (found?.unowned == null || table.user === null) return found;
    return { ...found, unowned: `(${found.unowned}) and ${source.column(table.user)} is null` };
  }

  /** Whose tenant of its own a row of the root table is: somebody's whom the subject meets in another tenant. */
  acquainted(table: RootTable, source: RowSource): string | null {
    if (table.user === null || this.subject.knows === null) return null;
    const user = this.userOf(table, table.user, source);
    return user ? `(${this.subject.knows(user)} and not (${this.own(table, source, 0)})) is true` : null;
  }

  private ownersOf(table: RowTable | RootTable, source: RowSource, depth: number): Ownership | undefined {
    if (table.tenancy === 'root') {
      const owners = ownerSql(source.column(this.reality.model.tenants.key));
      return { by: 'key', owners, unowned: null, passesUser: false };
    }
    const { owner } = table;
    if (owner.kind === 'through') return this.ownersThrough(table, owner, source, depth);
    const sql = owner.kind === 'column' ? source.column(owner.column) : source.evaluate(owner.expression);
    return { by: owner.kind, owners: ownerSql(sql), unowned: `${sql} is null`, passesUser: false };
  }

  private ownersThrough(
    table: RowTable,
    owner: Extract<Owner, { kind: 'through' }>,
    source: RowSource,
    depth: number,
  ): Ownership | undefined {
    const step = this.parentOf(table, owner, source, depth);
    if (step === undefined) return undefined;
    const { parent, from, on, backward } = step;
    const owned = parent.tenancy === 'row' || parent.tenancy === 'root';
    const above = owned ? this.ownership(parent, step.source, depth + 1) : undefined;
    const alias = `o${depth + 1}`;
    const parentOwned = above?.unowned == null ? '' : ` and not (${above.unowned})`;
    return {
      by: backward || above?.by === 'children' ? 'children' : 'parent',
      owners: `select ${alias}.owner from ${from} cross join lateral (${above?.owners ?? nobody}) ${alias} where ${on}`,
      unowned: backward ? null : `not exists (select from ${from} where ${on}${parentOwned})`,
      passesUser: owned && (parent.user !== null || above?.passesUser === true),
    };
  }

  /** The columns of a table that its predicates read. */
  columnsOf(table: TableModel, relation: Relation): readonly string[] {
    if (table.tenancy !== 'row' && table.tenancy !== 'root') return [];
    const whens = table.share.flatMap((share) => (share.kind === 'when' ? this.namedIn(share.when, relation) : []));
    const owner = table.tenancy === 'root' ? [this.reality.model.tenants.key] : this.ownerColumns(table, relation);
    return [...new Set([...owner, ...whens, ...(table.user === null ? [] : [table.user])])];
  }

  private ownerColumns(table: RowTable, relation: Relation): readonly string[] {
    const { owner } = table;
    if (owner.kind === 'column') return [owner.column];
    if (owner.kind === 'expression') return this.namedIn(owner.expression, relation);
    return this.join(table, owner, relation)?.pairs.map((pair) => pair.column) ?? [];
  }

  private namedIn(expression: string, relation: Relation): readonly string[] {
    const names = columnNames(expression);
    return relation.columns.map((column) => column.attname).filter((name) => names.has(name));
  }

  private own(table: TableModel, source: RowSource, depth: number): string {
    if (table.tenancy !== 'row' && table.tenancy !== 'root') return 'false';
    const tenant =
      table.tenancy === 'row' && table.owner.kind === 'through'
        ? this.throughParent(table, table.owner, source, depth, (parent, row) => this.own(parent, row, depth + 1))
        : this.ownedBy(table, source, this.subject.owns, depth);
    return anyOf([tenant, ...this.ownUser(table, source)]);
  }

  private ownedBy(table: RowTable | RootTable, source: RowSource, test: TenantTest, depth: number): string {
    const at = place(table);
    if (table.tenancy === 'root') return this.columnTest(source, this.reality.model.tenants.key, test, `${at}.tenancy`);
    const { owner } = table;
    if (owner.kind === 'column') return this.columnTest(source, owner.column, test, `${at}.column`);
    if (owner.kind === 'expression') {
      return test({ sql: this.evaluate(source, owner.expression, `${at}.expression`), family: 'other' });
    }
    return this.throughParent(table, owner, source, depth, (parent, parentSource) =>
      parent.tenancy === 'row' || parent.tenancy === 'root'
        ? this.ownedBy(parent, parentSource, test, depth + 1)
        : 'false',
    );
  }

  private columnTest(source: RowSource, column: string, test: TenantTest, at: string): string {
    const { model } = this.reality;
    const tenant = this.reality.typed(source.table, column, source.column(column), model.tenants.type, at);
    return tenant ? test(tenant) : 'false';
  }

  private ownUser(table: RowTable | RootTable, source: RowSource): readonly string[] {
    if (table.user === null) return [];
    const user = this.userOf(table, table.user, source);
    return user ? [this.subject.is(user)] : [];
  }

  private userOf(table: RowTable | RootTable, column: string, source: RowSource): TypedSql | undefined {
    const { type } = this.reality.model.context;
    return this.reality.typed(source.table, column, source.column(column), type, `${place(table)}.user`);
  }

  private shares(table: RowTable | RootTable, source: RowSource, depth: number): readonly ShareSql[] {
    const { platform, type } = this.reality.model.tenants;
    const written = table.share.map((share, index): ShareSql => {
      const at = `${place(table)}.share[${index}]`;
      if (share.kind === 'when') return { access: share.access, sql: this.evaluate(source, share.when, `${at}.when`) };
      const isPlatform: TenantTest = (tenant) =>
        platform === null ? 'false' : equals(tenant, constantOf(platform, type));
      return { access: share.access, sql: this.ownedBy(table, source, isPlatform, depth) };
    });
    if (table.tenancy === 'root' || table.nulls === 'foreign') return written;
    return [...written, { access: 'read', sql: this.withoutOwner(table, source, depth) }];
  }

  private withoutOwner(table: RowTable, source: RowSource, depth: number): string {
    const { owner } = table;
    if (owner.kind === 'column') return `${source.column(owner.column)} is null`;
    if (owner.kind === 'expression') return `${source.evaluate(owner.expression)} is null`;
    return `not ${this.throughParent(table, owner, source, depth, () => 'true')}`;
  }

  /** What a table shares because its parent does. */
  private inherited(table: RowTable | RootTable, source: RowSource, depth: number): readonly ShareSql[] {
    if (table.tenancy === 'root' || table.owner.kind !== 'through') return [];
    const { owner } = table;
    const through = (pick: (shared: Predicates) => string): string =>
      this.throughParent(table, owner, source, depth, (parent, parentSource) =>
        pick(this.sharedOf(parent, parentSource, depth + 1)),
      );
    return [
      { access: 'read', sql: through((parent) => parent.shared) },
      { access: 'write', sql: through((parent) => parent.sharedForWriting) },
    ];
  }

  private sharedOf(table: TableModel, source: RowSource, depth: number): Predicates {
    if (table.tenancy === 'row' || table.tenancy === 'root') return this.owned(table, source, depth);
    const shared = String(table.tenancy === 'shared');
    return { own: 'false', shared, sharedForWriting: String(table.tenancy === 'shared' && table.access === 'write') };
  }

  private throughParent(
    table: RowTable,
    owner: Extract<Owner, { kind: 'through' }>,
    source: RowSource,
    depth: number,
    write: (parent: TableModel, source: RowSource) => string,
  ): string {
    const step = this.parentOf(table, owner, source, depth);
    if (step === undefined) return 'false';
    const condition = write(step.parent, step.source);
    return condition === 'false' ? condition : `exists (select from ${step.from} where ${step.on} and (${condition}))`;
  }

  private parentOf(
    table: RowTable,
    owner: Extract<Owner, { kind: 'through' }>,
    source: RowSource,
    depth: number,
  ): ParentStep | undefined {
    const join = this.join(table, owner, source.table);
    const parent = this.reality.model.tables.find(({ table: name }) => sameName(name, owner.path.table));
    if (join === undefined || parent === undefined) return undefined;
    const alias = `p${depth + 1}`;
    const on = join.pairs.map((pair) => `${alias}.${quoteIdent(pair.parentColumn)} = ${source.column(pair.column)}`);
    return {
      parent,
      source: tableSource(join.parent, alias),
      from: `${quoteQualified(owner.path.table)} ${alias}`,
      on: on.join(' and '),
      backward: join.backward,
    };
  }

  private join(table: RowTable, owner: Extract<Owner, { kind: 'through' }>, relation: Relation): Join | undefined {
    return findJoin(this.reality, relation, owner.path, `${place(table)}.through`);
  }

  /** The model's SQL over a row; notes a column that the table does not have. */
  private evaluate(source: RowSource, expression: string, at: string): string {
    // In a subquery a name may be one of its own columns: PostgreSQL will say.
    if (!hasSubquery(expression)) {
      for (const name of columnNames(expression)) this.reality.hasColumn(source.table, name, at);
    }
    return source.evaluate(expression);
  }
}

/** A row's way to the rows that own it. */
interface ParentStep {
  readonly parent: TableModel;
  readonly source: RowSource;
  readonly from: string;
  /** The condition that joins a row with its parents. */
  readonly on: string;
  readonly backward: boolean;
}

interface ShareSql {
  readonly access: Access;
  readonly sql: string;
}

/** No owner at all. */
const nobody = 'select null::pg_catalog.text as owner where false';

/** The owner that an expression names. */
export function ownerSql(sql: string): string {
  return `select ${asText({ sql, family: 'other' })} as owner`;
}

/** A table's place in the model, for messages. */
export function place({ table }: TableModel): string {
  return `tables[${formatQualified(table)}]`;
}

function anyOf(conditions: readonly string[]): string {
  const possible = conditions.filter((condition) => condition !== 'false');
  if (possible.length <= 1) return possible[0] ?? 'false';
  return possible.map((condition) => `(${condition})`).join(' or ');
}
