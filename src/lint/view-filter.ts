import type { Relation } from '../catalog/snapshot.ts';
import { asList, isRecord } from '../sql/tree.ts';
import type { LintInput } from './input.ts';
import { scopeOf } from './scope.ts';
import { fromNode, type Expression } from './scope/expression.ts';
import { columnsNamed, mentionsSetting } from './scope/mentions.ts';
import { statementsOf } from '../sql/function-body.ts';

/**
 * What a view's definition lets pass of the rows of a table behind it:
 *
 * - `none`: all of them, whoever asks
 * - `partial`: it asks for the context, and something passes beside
 * - `tied`: only what belongs to the context, or is shared
 */
export type Filter = 'none' | 'partial' | 'tied';

type Fields = Readonly<Record<string, unknown>>;

/**
 * How a view filters what it reads of `read`, a table or another view, where in the end the rows are those of `table`.
 *
 * @param inContext whether it is the context of who asks that counts; what is stored was read in another
 */
export function filterOf(
  input: LintInput,
  view: Relation,
  read: Relation,
  table: Relation,
  inContext: boolean,
): Filter {
  const select = selectOf(view.definition ?? '');
  if (select === undefined) return 'partial';
  const judge = new Judge(input, [read.nspname], read, table, inContext);
  if (judge.isTied(select, false)) return 'tied';
  const asks = inContext && mentionsSetting(input.snapshot, input.model.context.setting, opaque(select));
  return asks ? 'partial' : 'none';
}

/** Whether a query, of a function that does not ask for the context, reads no rows of a table but those that are shared. */
export function readsOnlyShared(input: LintInput, select: Fields, table: Relation): boolean {
  return new Judge(input, [undefined, table.nspname], table, table, false).isTied(select, false);
}

/** The query of a view; undefined where it does not parse: one of a newer server. */
export function selectOf(definition: string): Fields | undefined {
  const node: unknown = statementsOf(definition)[0]?.node;
  const select = isRecord(node) ? node['SelectStmt'] : undefined;
  return isRecord(select) ? select : undefined;
}

class Judge {
  constructor(
    private readonly input: LintInput,
    /** The schemas under which the query names the relation; undefined for none. */
    private readonly schemas: readonly (string | undefined)[],
    private readonly read: Relation,
    private readonly table: Relation,
    private readonly inContext: boolean,
  ) {}

  /** Whether every place where a query reads the relation lies under a condition that ties its rows. */
  isTied(select: Fields, outer: boolean): boolean {
    if (isRecord(select['larg']) && isRecord(select['rarg'])) {
      return this.isTied(select['larg'], outer) && this.isTied(select['rarg'], outer);
    }
    const from = asList(select['fromClause']);
    const here = outer || [select['whereClause'], ...from.flatMap(joinConditions)].some((node) => this.ties(node));
    const { whereClause, fromClause, ...rest } = select;
    return (
      from.every((item) => this.isTiedItem(item, here)) &&
      // A condition tells of rows, and does not show them.
      subqueriesOf(whereClause).every((subquery) => this.isTied(subquery, here)) &&
      subqueriesOf(rest).every((subquery) => this.isTied(subquery, here && fromClause !== undefined))
    );
  }

  private isTiedItem(item: unknown, here: boolean): boolean {
    if (!isRecord(item)) return true;
    if (isRecord(item['RangeVar'])) return here || !this.isRead(item['RangeVar']);
    if (isRecord(item['JoinExpr'])) {
      const { larg, rarg } = item['JoinExpr'];
      return this.isTiedItem(larg, here) && this.isTiedItem(rarg, here);
    }
    return subqueriesOf(item).every((subquery) => this.isTied(subquery, here));
  }

  private isRead({ schemaname, relname }: Fields): boolean {
    return this.schemas.includes(schemaname as string | undefined) && relname === this.read.relname;
  }

  private ties(node: unknown): boolean {
    return node !== undefined && this.tiesRows(fromNode(node));
  }

  private tiesRows(condition: Expression): boolean {
    const { snapshot, model } = this.input;
    const asks = mentionsSetting(snapshot, model.context.setting, condition);
    if (asks && !this.inContext) return false;
    const scope = scopeOf(this.input, this.table, condition);
    if (scope !== 'unknown') return scope === 'scoped';
    if (condition.kind === 'and') return condition.args.some((arg) => this.tiesRows(arg));
    if (condition.kind === 'or') return condition.args.every((arg) => this.tiesRows(arg));
    if (condition.kind === 'not' || condition.kind === 'is') return false;
    return asks && columnsNamed(condition).size > 0;
  }
}

/** The conditions of inner joins, which filter as WHERE does. */
function joinConditions(item: unknown): readonly unknown[] {
  const join = isRecord(item) ? item['JoinExpr'] : undefined;
  if (!isRecord(join)) return [];
  const own = join['jointype'] === 'JOIN_INNER' && join['quals'] !== undefined ? [join['quals']] : [];
  return [...own, ...joinConditions(join['larg']), ...joinConditions(join['rarg'])];
}

/** The outermost queries within a part of a query. */
function subqueriesOf(tree: unknown): readonly Fields[] {
  if (Array.isArray(tree)) return tree.flatMap(subqueriesOf);
  if (!isRecord(tree)) return [];
  return Object.entries(tree).flatMap(([tag, value]) =>
    tag === 'SelectStmt' && isRecord(value) ? [value] : subqueriesOf(value),
  );
}

function opaque(node: unknown): Expression {
  return { kind: 'opaque', node };
}
