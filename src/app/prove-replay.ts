import type pg from 'pg';
import { privilegesOn } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { relationsByOid } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { messageOf } from '../domain/errors.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { assumeRole } from '../postgres/impersonate.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import type { Claim } from '../prove/claim.ts';
import type { RowValues } from '../prove/evaluate.ts';
import type { Replayed } from '../prove/findings.ts';
import type { Example } from '../prove/question.ts';
import type { Row, Value } from '../prove/term.ts';
import { quoteIdent, quoteQualified, sameName } from '../sql/ident.ts';
import { asParam, filled, typeOf } from './prove-replay-values.ts';

/**
 * Puts the rows of a counterexample into the database, takes its session, and does what should not be possible; all of it is
 * rolled back. Foreign keys and triggers are quiet while the rows are put there: what those would ask for has no part in it.
 */
export async function replay(
  client: pg.ClientBase,
  model: Model,
  intent: Intent,
  claim: Claim,
  example: Example,
): Promise<Replayed> {
  try {
    return await inRolledBackTransaction(
      client,
      async () => {
        await client.query(
          `set local session_replication_role = replica; set local lock_timeout = '2s'; set local statement_timeout = '30s'`,
        );
        return await new Replay(client, intent, claim, example).run(model);
      },
      'begin',
    );
  } catch (error) {
    return { notTried: `it could not be tried on the server: ${messageOf(error)}` };
  }
}

class Replay {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly intent: Intent,
    private readonly claim: Claim,
    private readonly example: Example,
  ) {}

  async run(model: Model): Promise<Replayed> {
    const { claim, example } = this;
    const { row, question, kind } = claim;
    const relation = row?.relation;
    if (row === null || relation === undefined || question === null)
      return { notTried: 'there is no row to try it with' };
    if (!sameName({ schema: relation.nspname, name: relation.relname }, claim.relation)) {
      return { notTried: 'rows of views are not tried' };
    }
    if (kind === 'tells') return { notTried: 'a refusal does not show what it is for' };
    const stored = question.rows.find((asked) => asked.stored)?.row;
    const place = await this.store(stored);
    if (stored !== undefined && place === null) return { notTried: 'another row has its key' };
    // What is written now has to pass whatever it would.
    await this.client.query('set local session_replication_role = origin');
    const settings = Object.fromEntries(example.situation.settings);
    const setting = model.context.setting.toLowerCase();
    if (!(setting in settings)) await this.unset(setting);
    await assumeRole(this.client, claim.role, settings);
    const failure = await this.act(relation, row, place);
    if (failure !== null) {
      // An error shows nothing: for a row that must be visible, that is the fault itself.
      if (kind === 'hides') return { confirmed: true };
      if (kind === 'refuses' && isRefusal(failure)) return { confirmed: true };
      return kind !== 'refuses' && isRefusal(failure)
        ? { confirmed: false }
        : { notTried: `it could not be tried on the server: ${messageOf(failure)}` };
    }
    return { confirmed: await this.isDone(relation, row, place) };
  }

  /** A session that has had the setting reads '' from then on, and no longer NULL. */
  private async unset(name: string): Promise<void> {
    const { rows } = await this.client.query<{ value: string | null }>(
      'select pg_catalog.current_setting($1, true) as value',
      [name],
    );
    if (rows[0]?.value != null) throw new TypeError(`this session has had ${name} before`);
  }

  /** Stores the rows. @returns where the one in question is */
  private async store(row: Row | undefined): Promise<Place | null> {
    const { situation, rows } = this.example;
    let place: Place | null = null;
    const wanted = row && rows.get(row);
    for (const [oid, all] of situation.tables) {
      const relation = relationsByOid(situation.snapshot).get(oid);
      if (relation === undefined) continue;
      for (const values of all) {
        const isWanted =
          place === null &&
          wanted !== undefined &&
          row?.relation === relation &&
          [...wanted].every(([name, value]) => values.get(name) === value);
        const stored = await this.insert(relation, values);
        if (isWanted) place = stored;
      }
    }
    return place;
  }

  /** A row that is there already is as good: null then. */
  private async insert(relation: Relation, values: RowValues): Promise<Place | null> {
    const { columns, params } = filled(this.example.situation.snapshot, relation, values);
    const names = columns.map(({ attname }) => quoteIdent(attname)).join(', ');
    const places = columns.map(({ type }, index) => `$${index + 1}::pg_catalog.text::${type}`).join(', ');
    const target = quoted(relation);
    const what = columns.length === 0 ? 'default values' : `(${names}) overriding system value values (${places})`;
    const { rows } = await this.client.query<Place>(
      `insert into ${target} ${what} on conflict do nothing returning ${placeColumns}`,
      params,
    );
    return rows[0] ?? null;
  }

  /** Does what should not be possible. @returns the error that it ended in */
  private async act(relation: Relation, row: Row, place: Place | null): Promise<unknown> {
    const target = quoted(relation);
    const values = this.example.rows.get(row) ?? new Map<string, Value>();
    try {
      switch (this.claim.kind) {
        case 'sees':
        case 'hides': {
          const { rows } = await this.client.query<Place>(`select ${placeColumns} from ${target}`);
          this.#seen = rows.some((one) => isSame(one, place));
          return null;
        }
        case 'removes':
          await this.client.query(`delete from ${target}`);
          return null;
        case 'changes':
        case 'moves':
          return await this.update(relation);
        case 'makes':
          return await this.add(relation, values);
        case 'refuses':
          return this.claim.command === 'insert' ? await this.add(relation, values) : await this.writeOwn(relation);
        case 'tells':
          return null;
      }
    } catch (error) {
      return error;
    }
  }
  #seen = false;

  private async update(relation: Relation): Promise<unknown> {
    const changed = this.changedColumns(relation);
    if (changed.length === 0) return new TypeError('there is no column to change');
    const list = changed.map(
      ([name], index) => `${quoteIdent(name)} = $${index + 1}::pg_catalog.text::${typeOf(relation, name)}`,
    );
    await this.client.query(
      `update ${quoted(relation)} set ${list.join(', ')}`,
      changed.map(([, value]) => asParam(value)),
    );
    return null;
  }

  private async add(relation: Relation, values: RowValues): Promise<unknown> {
    const { columns, params } = filled(this.example.situation.snapshot, relation, values);
    const names = columns.map(({ attname }) => quoteIdent(attname)).join(', ');
    const places = columns.map(({ type }, index) => `$${index + 1}::pg_catalog.text::${type}`).join(', ');
    await this.client.query(`insert into ${quoted(relation)} (${names}) values (${places})`, params);
    return null;
  }

  /** Writes whatever passes, in a form that reads a column: to that the policies for SELECT apply too. */
  private async writeOwn(relation: Relation): Promise<unknown> {
    const { role, command } = this.claim;
    const { snapshot } = this.example.situation;
    const { SELECT, UPDATE } = privilegesOn(snapshot, closureOf(snapshot, role), relation).columns;
    const column = SELECT.find((name) => command === 'delete' || UPDATE.includes(name));
    if (column === undefined) return new TypeError('there is no column to try it with');
    const name = quoteIdent(column);
    await this.client.query(
      command === 'update'
        ? `update ${quoted(relation)} set ${name} = ${name}`
        : `delete from ${quoted(relation)} where ${name} is null or ${name} is not null`,
    );
    return null;
  }

  /** What an update sets: the columns that the new row has otherwise, or one that may be changed, to what it is. */
  private changedColumns(relation: Relation): readonly (readonly [string, Value])[] {
    const asked = this.claim.question?.rows.at(-1);
    const before = asked?.of && this.example.rows.get(asked.of.row);
    const after = asked && this.example.rows.get(asked.row);
    if (before === undefined || after === undefined) return [];
    const mayChange = (name: string): boolean => asked?.of?.changeable.has(name) === true;
    const changed = [...after].filter(([name, value]) => mayChange(name) && before.get(name) !== value);
    if (changed.length > 0) return changed;
    const free = relation.columns.find(({ attname, attgenerated }) => attgenerated === '' && mayChange(attname));
    if (free === undefined) return [];
    const { columns, params } = filled(this.example.situation.snapshot, relation, before);
    return [[free.attname, params[columns.indexOf(free)] ?? null]];
  }

  /** Whether it shows: looked at as who may see all. */
  private async isDone(relation: Relation, row: Row, place: Place | null): Promise<boolean> {
    const { kind, command } = this.claim;
    if (kind === 'sees') return this.#seen;
    if (kind === 'hides') return !this.#seen;
    if (kind === 'refuses' && command === 'insert') return false;
    await this.client.query('reset role');
    const target = quoted(relation);
    if (kind === 'makes' || kind === 'moves') {
      const intent = this.intent.relations.find((one) => sameName(one, this.claim.relation));
      const values = [...(this.example.rows.get(row) ?? [])];
      const same = values.map(
        ([name], index) =>
          `t.${quoteIdent(name)} is not distinct from $${index + 2}::pg_catalog.text::${typeOf(relation, name)}`,
      );
      const { rows } = await this.client.query(
        `select from ${target} t where ${[`(${intent?.unwritable ?? 'false'})`, '($1::pg_catalog.text is null or true)', ...same].join(' and ')} limit 1`,
        [this.example.situation.subject, ...values.map(([, value]) => asParam(value))],
      );
      return rows.length > 0;
    }
    // A changed row has moved, and a deleted one is gone.
    const { rows } = await this.client.query<Place>(`select ${placeColumns} from ${target}`);
    const isThere = rows.some((one) => isSame(one, place));
    return kind === 'refuses' ? isThere : !isThere;
  }
}

function quoted({ nspname, relname }: Relation): string {
  return quoteQualified({ schema: nspname, name: relname });
}

/** A privilege that is missing says nothing of the policies. */
function isRefusal(error: unknown): boolean {
  return sqlstateOf(error) === '42501' && messageOf(error).includes('row-level security');
}

const placeColumns = 'tableoid::pg_catalog.text as tableoid, ctid::pg_catalog.text as ctid';

/** Where a row is stored. */
interface Place {
  readonly tableoid: string;
  readonly ctid: string;
}

function isSame(one: Place, other: Place | null): boolean {
  return one.tableoid === other?.tableoid && one.ctid === other.ctid;
}
