import { findRelation, foreignKeysOf } from '../catalog/lookup.ts';
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
    return [
      `  # ${decision.confidence.toFixed(2)} ${decision.reason}`,
      `  ${line(decision.table, this.#body(decision))}`,
    ];
  }

  question(decision: Decision): string[] {
    const { table, reason, evidence } = decision;
    return [
      '',
      `  # ? ${formatQualified(table)}: ${reason}`,
      ...evidence.map((sentence) => `  #   ${sentence}`),
      ...this.answersTo(decision).map(({ body }) => `  # ${line(table, body)}`),
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
    const answers = decisions.map((one) => ({ body: this.#body(one), decision: { ...one, doubt: false } }));
    return answers.filter(({ body }, at) => answers.findIndex((other) => other.body === body) === at);
  }

  /** Whether the entry names only tables that have one. */
  canStand(decision: Decision): boolean {
    const { table, tenancy, doubt } = decision;
    if (doubt || this.#platform.has(formatQualified(table)) || !this.#fits(decision)) return false;
    const needed = tenancy === 'user' ? this.#throughOf(decision) : this.#parentOf(decision);
    if (tenancy === 'user' && needed === null) return false;
    return needed?.parent == null || this.#settled.has(formatQualified(needed.parent));
  }

  #body(decision: Decision): string {
    const { table, tenancy } = decision;
    const [root] = this.ownership.roots;
    if (root !== undefined && sameName(root, table)) return 'tenancy: root';
    if (tenancy === 'shared') return 'tenancy: shared, access: read';
    if (tenancy === 'user') {
      const hop = this.#throughOf(decision);
      return hop === null ? 'tenancy: none' : `tenancy: row, through: ${this.#path(table, hop)}`;
    }
    if (tenancy === 'none') return 'tenancy: none';
    const column = this.#columnOf(decision);
    return column === null ? this.#filled(table, this.#parentOf(decision)) : `tenancy: row, column: ${written(column)}`;
  }

  /** The column that holds the highest tenant already. */
  #columnOf({ path, column }: Decision): string | null {
    const [first] = path;
    const [root] = this.ownership.roots;
    if (first === undefined) return column;
    if (first.parent === null || root === undefined || !sameName(first.parent, root)) return null;
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

  #filled(table: QualifiedName, hop: Hop | null | undefined): string {
    const column = `tenancy: row, column: ${quoted(formatIdent(this.ownership.columnName ?? 'tenant_id'))}`;
    return hop?.parent == null ? column : `${column}, backfill: { parent: ${this.#path(table, hop)} }`;
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

function written(column: string): string {
  return quoted(formatIdent(column));
}

function line(table: QualifiedName, body: string): string {
  return `${quoted(formatQualified(table))}: { ${body} }`;
}
