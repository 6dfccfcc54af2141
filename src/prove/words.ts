import { nameOf } from '../catalog/lookup.ts';
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
  const what = values === undefined ? '' : `${kind === 'refuses' ? ', such as one' : ''} with ${columnsOf(values)}`;
  const table = formatQualified(relation);
  const before = kind === 'moves' ? example.rows.get(question?.rows[0]?.row ?? emptyRow) : undefined;
  const from = before === undefined ? '' : `, of one with ${columnsOf(before)}`;
  const failure = question?.demands.map(({ term }) => failureIn(term)).find((one) => one !== undefined);
  const why = failure === undefined ? '' : `: PostgreSQL refuses every query for ${failure.what}`;
  return `${who} ${deedOf(claim)} ${table}${what}${from}, as ${role}${besides(example, values)}${why}`;
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
export function columnsOf(values: RowValues): string {
  const shown = [...values].map(
    ([name, value]) => `${formatIdent(name)} ${value === null ? 'NULL' : `= ${plain(value)}`}`,
  );
  return shown.length === 0 ? 'anything in it' : shown.join(', ');
}

function plain(value: Exclude<Value, null>): string {
  return typeof value === 'string' ? quoteLiteral(value) : String(value);
}

/** The other rows that an example takes. */
export function besides({ situation }: Example, values: RowValues | undefined): string {
  const others = [...situation.tables].flatMap(([oid, rows]) => {
    const relation = situation.snapshot.relations.find((one) => one.oid === oid);
    return relation === undefined
      ? []
      : rows
          .filter((row) => values === undefined || [...values].some(([name, value]) => row.get(name) !== value))
          .map((row) => `${formatQualified(nameOf(relation))} has one with ${columnsOf(row)}`);
  });
  return others.length === 0 ? '' : `, where ${others.slice(0, 4).join(', and ')}`;
}

/** A value for JSON. */
export function jsonRow(values: RowValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...values].map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  );
}
