import { nameOf } from '../../catalog/lookup.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Attack } from './attacks.ts';
import type { Row, Sample } from './material.ts';
import type { Scene } from './scene.ts';
import { byKey, insertableColumns } from './statements.ts';
import type { Statement } from './transaction.ts';

/** An attack said otherwise: it reads what it writes, so that the policies for SELECT apply too. */
export interface OtherWords {
  readonly attack: Attack;
  readonly whose: 'foreign' | 'shared';
  readonly statement: Statement;
  /** The same of a row of its own, which must reach it; null where a refusal is an answer by itself. */
  readonly control: Statement | null;
}

/** For each attack, on one row of others and one that is shared: by key with RETURNING, and as MERGE where the server has it. */
export function otherWordsOf(run: RunInput, scene: Scene, attacks: readonly Attack[]): readonly OtherWords[] {
  const first = new Map(attacks.toReversed().map((attack) => [aimOf(attack), attack]));
  return [...first.values()].reverse().flatMap((attack) => {
    if (attack.kind === 'insert') return ofInsert(run, scene, attack);
    return attack.kind === 'move' ? ofMove(run, scene, attack) : ofExisting(run, scene, attack);
  });
}

/** What an attack does to whose rows. */
export function aimOf(attack: Attack): string {
  return 'joins' in attack ? `${attack.kind} ${attack.joins}` : attack.kind;
}

function ofExisting(run: RunInput, scene: Scene, attack: Extract<Attack, { onRow: unknown }>): readonly OtherWords[] {
  const { target, material } = scene;
  const [own] = material.own;
  if (!target.keyed || own === undefined) return [];
  const ways = [
    (row: Row) => returning(scene, attack.onRow(row)),
    ...(hasMerge(run, scene) ? [(row: Row) => merge(run, scene, row, actionOf(attack))] : []),
  ];
  const [foreign] = material.foreign;
  const [shared] = material.shared;
  const on = (sample: Sample | undefined, whose: OtherWords['whose']): readonly OtherWords[] =>
    sample === undefined
      ? []
      : ways.map((say) => ({ attack, whose, statement: say(sample.row), control: say(own.row) }));
  return [...on(foreign, 'foreign'), ...on(shared, 'shared')];
}

function ofMove(run: RunInput, scene: Scene, attack: Extract<Attack, { kind: 'move' }>): readonly OtherWords[] {
  const [own] = attack.rows;
  if (!scene.target.keyed || own === undefined || !hasMerge(run, scene)) return [];
  const statement = merge(run, scene, own.row, actionOf(attack));
  return [{ attack, whose: attack.joins, statement, control: null }];
}

function ofInsert(run: RunInput, scene: Scene, attack: Extract<Attack, { kind: 'insert' }>): readonly OtherWords[] {
  const { target } = scene;
  const { sql, values } = attack.statement;
  const said = (statement: Statement): OtherWords => ({ attack, whose: attack.joins, statement, control: null });
  const name = quoteQualified(nameOf(target.relation));
  // An INSERT of a row is `insert into … (columns) values ($1, …)`; so is that of MERGE, without the table.
  const action = sql.replace(`insert into ${name}`, 'insert');
  const into = `merge into ${name} as t using (select) as s on false when not matched then ${action}`;
  return [
    ...(target.identity.length > 0 ? [said(returning(scene, attack.statement))] : []),
    ...(hasMerge(run, scene) && insertableColumns(run, target).length > 0 ? [said({ sql: into, values })] : []),
  ];
}

/** What the attack does to a row, in the words of MERGE, with its parameters. */
function actionOf(attack: Exclude<Attack, { kind: 'insert' }>): Statement {
  if (attack.kind === 'delete') return { sql: 'delete', values: [] };
  const { sql, values } = attack.statement;
  return { sql: `update ${sql.slice(sql.indexOf(' set ') + 1)}`, values };
}

function merge({ snapshot }: RunInput, { target }: Scene, row: Row, { sql, values }: Statement): Statement {
  const by = byKey(target, row, values.length + 1, 't');
  const returned = snapshot.serverVersionNum >= 170000 ? ` returning ${keyOf(target.identity, 't.')}` : '';
  const name = quoteQualified(nameOf(target.relation));
  return {
    sql: `merge into ${name} as t using (select) as s on ${by.sql} when matched then ${sql}${returned}`,
    values: [...values, ...by.values],
  };
}

/** Tables since PostgreSQL 15, views since 17. */
function hasMerge({ snapshot }: RunInput, { target: { relation } }: Scene): boolean {
  return snapshot.serverVersionNum >= (relation.relkind === 'v' ? 170000 : 150000);
}

function returning({ target }: Scene, { sql, values }: Statement): Statement {
  return { sql: `${sql} returning ${keyOf(target.identity, '')}`, values };
}

function keyOf(columns: readonly string[], prefix: string): string {
  return columns.map((column) => `${prefix}${quoteIdent(column)}`).join(', ');
}
