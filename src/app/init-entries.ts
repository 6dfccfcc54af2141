import { checksOf, findRelation, foreignKeysOf } from '../catalog/lookup.ts';
import { indexedColumns, isNatural } from '../catalog/natural-key.ts';
import type { CatalogSnapshot, Constraint } from '../catalog/snapshot.ts';
import { familyOf } from '../intent/sql-type.ts';
import type { Decision, Hop, Ownership } from '../plan/ownership/decision.ts';
import { formatIdent, formatQualified, sameName, type QualifiedName } from '../sql/ident.ts';

/** A YAML scalar, quoted: JSON's strings are YAML's. */
const quoted = JSON.stringify;

/** One answer to a question. */
export interface PossibleAnswer {
  /** What stands between the braces of the table's entry. */
  readonly body: string;
  /** It makes a column, and whoever gives it has to say where its values come from. */
  readonly unfilled: boolean;
  readonly decision: Decision;
}

/** Writes the entries of tables into `rowhouse.yaml`. */
export class EntryWriter {
  /** The tables that the model can hold as it stands: each entry may name only tables that have one. */
  readonly #settled = new Set<string>();
  readonly #platform: ReadonlySet<string>;

  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly ownership: Ownership,
  ) {
    this.#platform = new Set(ownership.platform.map(formatQualified));
    for (let before = -1; before < this.#settled.size;) {
      before = this.#settled.size;
      for (const decision of ownership.tables) {
        if (this.canStand(decision)) this.#settled.add(formatQualified(decision.table));
      }
    }
  }

  isSettled({ table }: Decision): boolean {
    return this.#settled.has(formatQualified(table));
  }

  /** What somebody has to answer: a doubt, what hangs on one, or people whose memberships nothing says. */
  isQuestion(decision: Decision): boolean {
    return !this.isSettled(decision) && !this.#platform.has(formatQualified(decision.table));
  }

  entry(decision: Decision): string[] {
    const body = this.#body(decision);
    return [
      `  # ${decision.confidence.toFixed(2)} ${decision.reason}`,
      ...(body.includes('oracles: ') ? [oraclesRemark] : []),
      ...(this.#isUnfilled(decision) ? [unfilledRemark(decision)] : []),
      `  ${line(decision.table, body)}`,
    ];
  }

  question(decision: Decision): string[] {
    const { table, reason, evidence } = decision;
    return [
      '',
      `  # ? ${formatQualified(table)}: ${reason}`,
      ...evidence.map((sentence) => `  #   ${sentence}`),
      ...this.answersTo(decision).flatMap(({ body, unfilled }) => [
        ...(unfilled ? [unfilledRemark(decision)] : []),
        `  # ${line(table, body)}`,
      ]),
    ];
  }

  /** What may be said of a table, the likeliest first: each as the model says it, and what is decided then. */
  answersTo(decision: Decision): readonly PossibleAnswer[] {
    const row = { ...decision, tenancy: 'row', column: null } as const;
    // People without memberships are nobody's that the model could name.
    const unsaid = decision.tenancy === 'user' && this.#throughOf(decision) === null;
    const decisions: readonly Decision[] = [
      ...(unsaid ? [{ ...decision, tenancy: 'none', path: [] } as const] : [decision]),
      ...decision.alternatives.map((path) => ({ ...row, path })),
      ...(decision.tenancy === 'row' ? [] : [{ ...row, path: [] }]),
      { ...decision, tenancy: 'shared', column: null, path: [] },
      { ...decision, tenancy: 'none', column: null, path: [] },
    ];
    const answers = decisions.map((one) => ({
      body: this.#body(one),
      unfilled: this.#isUnfilled(one),
      decision: { ...one, doubt: false },
    }));
    return answers.filter(({ body }, at) => answers.findIndex((other) => other.body === body) === at);
  }

  /** Whether the entry names only tables that have one. */
  canStand(decision: Decision): boolean {
    const { table, tenancy, doubt } = decision;
    if (doubt || this.#platform.has(formatQualified(table)) || !this.#fits(decision)) return false;
    const needed = tenancy === 'user' ? this.#throughOf(decision) : this.#parentOf(decision);
    if (tenancy === 'user' && needed === null) return false;
    return [...(needed?.parent == null ? [] : [needed.parent]), ...(needed?.tables?.values() ?? [])].every((one) =>
      this.#settled.has(formatQualified(one)),
    );
  }

  #body(decision: Decision): string {
    const { table, tenancy } = decision;
    const [root] = this.ownership.roots;
    if (root !== undefined && sameName(root, table)) return 'tenancy: root';
    if (tenancy === 'shared') return 'tenancy: shared, access: read';
    if (tenancy === 'user') {
      const hop = this.#throughOf(decision);
      return hop === null
        ? 'tenancy: none'
        : `tenancy: row, through: ${this.#path(table, hop)}${oraclesOf(this.snapshot, table)}`;
    }
    if (tenancy === 'none') return 'tenancy: none';
    const column = this.#columnOf(decision);
    return column === null
      ? this.#filled(decision)
      : `tenancy: row, column: ${written(column)}${this.#filledToo(decision, column)}`;
  }

  /** Where rows may lack the tenant that a column holds: the parents that they must have beside it, or in its place. */
  #filledToo({ table, alternatives }: Decision, column: string): string {
    const relation = findRelation(this.snapshot, table);
    const isFilled = (name: string): boolean =>
      relation?.columns.some(({ attname, attnotnull }) => attname === name && attnotnull) === true;
    if (relation === undefined || isFilled(column)) return '';
    const checks = checksOf(this.snapshot, relation).filter(
      ({ columns }) => columns.includes(column) && columns.length > 1,
    );
    // A check that asks for exactly one of several would refuse the tenant beside the other.
    if (!checks.every(asksForAny)) return '';
    const choices = checks.map(({ columns }) => columns);
    const paths = alternatives
      .flatMap(([first]) => first ?? [])
      .filter(({ parent }) => parent !== null && this.#settled.has(formatQualified(parent)))
      .filter(({ columns }) =>
        columns.every((name) => isFilled(name) || choices.some((choice) => choice.includes(name))),
      )
      .map((hop) => this.#path(table, hop));
    return paths.length === 0 ? '' : `, ${backfillBy(paths)}`;
  }

  /** The column that holds the highest tenant already. */
  #columnOf({ path, column }: Decision): string | null {
    const [first] = path;
    const [root] = this.ownership.roots;
    if (first === undefined) return column;
    if (first.parent === null || first.backward || root === undefined || !sameName(first.parent, root)) return null;
    return column ?? first.columns.at(-1) ?? null;
  }

  /** Whether the column that holds the tenant can be compared with the key, as the model is going to. */
  #fits(decision: Decision): boolean {
    const name = this.#columnOf(decision);
    const [hop] = decision.path;
    if (name === null || hop?.parent == null || decision.tenancy !== 'row') return true;
    const typeOf = (table: QualifiedName, column: string | undefined): string | undefined =>
      findRelation(this.snapshot, table)?.columns.find(({ attname }) => attname === column)?.type;
    const own = familyOf(typeOf(decision.table, name) ?? '');
    return own === 'other' || own === familyOf(typeOf(hop.parent, hop.parentColumns.at(-1)) ?? '');
  }

  /** The step by which a column that is not there yet is filled. */
  #parentOf(decision: Decision): Hop | null {
    return this.#columnOf(decision) === null && (decision.tenancy === 'row' || decision.tenancy === 'root')
      ? (decision.path[0] ?? null)
      : null;
  }

  #filled(decision: Decision): string {
    const { table } = decision;
    const hop = this.#parentOf(decision);
    const column = `tenancy: row, column: ${quoted(formatIdent(this.ownership.columnName ?? 'tenant_id'))}`;
    if (hop === null) return column;
    const tables = this.#ownedOf(hop);
    if (tables.length > 0) return `${column}, backfill: { pair: ${pairOf(hop, tables)} }`;
    if (hop.parent === null) return column;
    const paths = [hop, ...this.#choicesBeside(decision, hop)].map((one) => this.#path(table, one));
    return `${column}, ${backfillBy(paths)}`;
  }

  /** Of the tables that a pair points at, those whose rows have one tenant: what points at people, or at what is everybody's, has none. */
  #ownedOf({ tables }: Hop): readonly (readonly [string, QualifiedName])[] {
    const owned = this.ownership.tables.filter(({ tenancy }) => tenancy === 'row' || tenancy === 'root');
    return [...(tables ?? [])].filter(([, table]) => owned.some((decision) => sameName(decision.table, table)));
  }

  /** Whether the entry makes a column without saying what it is filled from: `plan` asks for that. */
  #isUnfilled(decision: Decision): boolean {
    if (decision.tenancy !== 'row' || this.#columnOf(decision) !== null) return false;
    const hop = this.#parentOf(decision);
    return hop === null || (hop.parent === null && this.#ownedOf(hop).length === 0);
  }

  /** Other parents of which a check says that the row has the one or the other. */
  #choicesBeside({ table, alternatives }: Decision, { columns }: Hop): readonly Hop[] {
    const relation = findRelation(this.snapshot, table);
    if (relation === undefined) return [];
    const checks = checksOf(this.snapshot, relation).map((check) => new Set(check.columns));
    return alternatives
      .flatMap(([first]) => first ?? [])
      .filter((hop) => hop.parent !== null && this.#settled.has(formatQualified(hop.parent)))
      .filter((hop) => hop.columns.join() !== columns.join())
      .filter((hop) => checks.some((named) => [...columns, ...hop.columns].every((one) => named.has(one))));
  }

  /** People are as visible as their memberships, and their things as they are. */
  #throughOf({ table, path }: Decision): Hop | null {
    const { membership } = this.ownership;
    if (membership === null) return null;
    const hop = sameName(table, membership.users)
      ? { columns: membership.userKey, parent: membership.table, parentColumns: [membership.user] }
      : path[0];
    return hop?.parent == null ? null : hop;
  }

  /** The parent's name, with the columns where not exactly one foreign key joins the two. */
  #path(table: QualifiedName, { parent, columns, parentColumns }: Hop): string {
    if (parent === null) return '';
    const name = quoted(formatQualified(parent));
    const keys = this.#keysBetween(table, parent);
    const forward = keys.find((key) => key.columns.join() === columns.join());
    const backward = keys.find((key) => key.columns.join() === parentColumns.join());
    const by = forward ? columns : parentColumns;
    if (forward === undefined && backward === undefined) {
      const on = columns.map((column, at) => `${written(column)}: ${written(parentColumns[at] ?? '')}`);
      return `{ table: ${name}, on: { ${on.join(', ')} } }`;
    }
    return keys.length === 1 ? name : `{ table: ${name}, by: [${by.map(written).join(', ')}] }`;
  }

  #keysBetween(table: QualifiedName, parent: QualifiedName): readonly Constraint[] {
    const [child, target] = [findRelation(this.snapshot, table), findRelation(this.snapshot, parent)];
    if (child === undefined || target === undefined) return [];
    return [...foreignKeysOf(this.snapshot, child, target), ...foreignKeysOf(this.snapshot, target, child)];
  }
}

/** Whether a check is content with several of its columns. */
function asksForAny({ definition }: Constraint): boolean {
  return / OR |>=? \d/.test(definition) && !definition.includes(' AND ');
}

function backfillBy(paths: readonly string[]): string {
  return `backfill: { parent: ${paths.length === 1 ? paths.join() : `[${paths.join(', ')}]`} }`;
}

function pairOf({ columns: [type = '', id = ''] }: Hop, tables: readonly (readonly [string, QualifiedName])[]): string {
  const named = tables.map(([value, table]) => `${quoted(value)}: ${quoted(formatQualified(table))}`);
  return `{ type: ${written(type)}, id: ${written(id)}, tables: { ${named.join(', ')} } }`;
}

const oraclesRemark =
  '  # oracles: these keys hold for all tenants, since people may belong to several: that a value is taken is told to all.';

/** Before an entry that `plan` will ask about, with what it may be said by. */
function unfilledRemark({ path: [hop] }: Decision): string {
  const pair = hop?.parent === null ? `, such as { pair: ${pairOf(hop, [['…', { schema: '…', name: '…' }]])} }` : '';
  return `  # This makes the column: say with it, under \`backfill\`, where its values come from${pair}.`;
}

/** The natural keys of people, and of what is theirs: no tenant could stand in front of them. */
function oraclesOf(snapshot: CatalogSnapshot, table: QualifiedName): string {
  const relation = findRelation(snapshot, table);
  if (relation === undefined) return '';
  const pointers = new Set(foreignKeysOf(snapshot, relation).flatMap(({ columns }) => columns));
  const keys = snapshot.indexes
    .filter(({ indrelid, indisunique }) => indrelid === relation.oid && indisunique)
    .map((index) => ({ index, columns: indexedColumns(relation, index) }))
    .filter(
      ({ index, columns }) => columns.length > 0 && columns.every((name) => isNatural(relation, name, index, pointers)),
    )
    .map(({ columns }) => columns.map(written))
    .map((columns) => (columns.length === 1 ? columns.join() : `[${columns.join(', ')}]`));
  return keys.length === 0 ? '' : `, oracles: [${[...new Set(keys)].join(', ')}]`;
}

function written(column: string): string {
  return quoted(formatIdent(column));
}

function line(table: QualifiedName, body: string): string {
  return `${quoted(formatQualified(table))}: { ${body} }`;
}
