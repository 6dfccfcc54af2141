import { findColumn, nameOf } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import type { Model } from '../model/model.ts';
import { formatIdent, formatQualified, quoteLiteral } from '../sql/ident.ts';
import type { Claim, ClaimKind } from './claim.ts';
import type { RowValues } from './evaluate.ts';
import type { Example } from './question.ts';
import { failureIn, type Value } from './term.ts';

/** A counterexample in plain words. */
export function describe(model: Model, claim: Claim, example: Example, role: string): string {
  const { kind, relation, row, question } = claim;
  const noun = model.membership === null ? 'tenant' : 'user';
  const { subject } = example.situation;
  const who = subject === null ? `a session ${sessionOf(model, example)}` : `${noun} ${subject}`;
  const values = row === null ? undefined : example.rows.get(row);
  const what =
    values === undefined ? '' : `${kind === 'refuses' ? ', such as one' : ''} with ${columnsOf(row?.relation, values)}`;
  const table = formatQualified(relation);
  const before = kind === 'moves' ? example.rows.get(question?.rows[0]?.row ?? emptyRow) : undefined;
  const from = before === undefined ? '' : `, of one with ${columnsOf(row?.relation, before)}`;
  const failure = question?.demands.map(({ term }) => failureIn(term)).find((one) => one !== undefined);
  const why = failure === undefined ? '' : `: PostgreSQL refuses every query for ${failure.what}`;
  return `${who} ${deedOf(claim)} ${table}${what}${from}, as ${role}${besides(example, values)}${when(example)}${why}`;
}

const emptyRow = { relation: {} as never, id: 0 };

function deedOf({ kind, command }: Claim): string {
  if (kind !== 'refuses') return deeds[kind];
  const deed = { select: 'see', insert: 'insert', update: 'update', delete: 'delete' }[command];
  return `can ${deed} no row of its own ${command === 'insert' ? 'into' : 'of'}`;
}

const deeds: Readonly<Record<Exclude<ClaimKind, 'refuses'>, string>> = {
  sees: 'sees a foreign row of',
  hides: 'does not see a row that it should, of',
  changes: 'can update a row that is not its own to write, of',
  tells: 'learns, by an UPDATE that is refused, of a foreign row of',
  removes: 'can delete a row that is not its own to write, of',
  makes: 'can insert a row that is not its own to write into',
  moves: 'can make one of its rows a row that is not its own to write, of',
};

function sessionOf({ context }: Model, { situation }: Example): string {
  const value = situation.settings.get(context.setting.toLowerCase());
  return value === undefined
    ? `in which ${context.setting} is not set`
    : `in which ${context.setting} is ${quoteLiteral(value)}`;
}

/** A row in words. */
export function columnsOf(relation: Relation | undefined, values: RowValues): string {
  const shown = [...values].map(
    ([name, value]) => `${formatIdent(name)} ${value === null ? 'NULL' : `= ${plain(relation, name, value)}`}`,
  );
  return shown.length === 0 ? 'anything in it' : shown.join(', ');
}

function plain(relation: Relation | undefined, name: string, value: Exclude<Value, null>): string {
  if (typeof value === 'boolean') return String(value);
  const type = relation && findColumn(relation, name)?.type;
  const written = type === undefined ? String(value) : writtenAs(type, value);
  return typeof value === 'bigint' && written === String(value) ? written : quoteLiteral(written);
}

/** A value of a column of a type as PostgreSQL reads it. */
export function writtenAs(type: string, value: Exclude<Value, null>): string {
  if (typeof value !== 'bigint') return String(value);
  if (type === 'date') return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10);
  if (!type.startsWith('timestamp')) return String(value);
  const rest = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((value - rest) / 1000n)).toISOString().slice(0, 19);
  const moment = `${seconds.replace('T', ' ')}${rest === 0n ? '' : `.${String(rest).padStart(6, '0')}`}`;
  return type === 'timestamp with time zone' ? `${moment}+00` : moment;
}

/** When an example is one. */
export function when({ situation: { now } }: Example): string {
  return now === undefined ? '' : `, when now() is ${quoteLiteral(writtenAs('timestamp with time zone', now))}`;
}

/** The other rows that an example takes. */
export function besides({ situation }: Example, values: RowValues | undefined): string {
  const others = [...situation.tables].flatMap(([oid, rows]) => {
    const relation = situation.snapshot.relations.find((one) => one.oid === oid);
    return relation === undefined
      ? []
      : rows
          .filter((row) => values === undefined || [...values].some(([name, value]) => row.get(name) !== value))
          .map((row) => `${formatQualified(nameOf(relation))} has one with ${columnsOf(relation, row)}`);
  });
  return others.length === 0 ? '' : `, where ${others.slice(0, 4).join(', and ')}`;
}

/** A value for JSON. */
export function jsonRow(values: RowValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...values].map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  );
}
