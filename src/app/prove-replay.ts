import type pg from 'pg';
import { privilegesOn } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { findColumn, findRelation, relationsByOid } from '../catalog/lookup.ts';
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
    return untried(error);
  }
}

class Replay {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly intent: Intent,
    private readonly claim: Claim,
    private readonly example: Example,
  ) {}

  /** By how much moments are later here than in the example, so that its rows are as old. */
  #shift = 0n;

  async run(model: Model): Promise<Replayed> {
    const { row, question, kind } = this.claim;
    if (row === null || question === null) return { notTried: 'there is no row to try it with' };
    this.#shift = await this.measureShift();
    const stored = question.rows.find((asked) => asked.stored)?.row;
    const place = await this.store(stored);
    if (stored !== undefined && place === null) return { notTried: 'another row has its key' };
    // What is written now has to pass whatever it would.
    await this.client.query('set local session_replication_role = origin');
    if (kind === 'tells') return await this.tell(model, row, place);
    await this.begin(model);
    const failure = await this.act(row, place);
    if (failure !== null) {
      // An error shows nothing: for a row that must be visible, that is the fault itself.
      if (kind === 'hides') return { confirmed: true };
      if (kind === 'refuses' && isRefusal(failure)) return { confirmed: true };
      return kind !== 'refuses' && isRefusal(failure) ? { confirmed: false } : untried(failure);
    }
    return { confirmed: await this.isDone(row, place) };
  }

  private async measureShift(): Promise<bigint> {
    const { now } = this.example.situation;
    if (now === undefined) return 0n;
    // Days of an example are those of UTC.
    await this.client.query(`set local timezone = 'UTC'`);
    const { rows } = await this.client.query<{ now: string }>(
      'select (extract(epoch from pg_catalog.now()) * 1000000)::pg_catalog.int8::pg_catalog.text as now',
    );
    return BigInt(rows[0]?.now ?? 0) - now;
  }

  /** Takes the role, and the settings of the session. */
  private async begin(model: Model): Promise<void> {
    const settings = Object.fromEntries(this.example.situation.settings);
    const setting = model.context.setting.toLowerCase();
    if (!(setting in settings)) await this.unset(setting);
    await assumeRole(this.client, this.claim.role, settings);
  }

  /** A refusal tells of a row if there is none without that row. */
  private async tell(model: Model, row: Row, place: Place | null): Promise<Replayed> {
    await this.begin(model);
    await this.client.query('savepoint with_it');
    const refusal = await this.act(row, place);
    await this.client.query('rollback to with_it; reset role; set local session_replication_role = replica');
    if (refusal === null) return { confirmed: false };
    if (!isRefusal(refusal)) return untried(refusal);
    await this.client.query(
      `delete from ${quoted(row.relation)} where tableoid = $1::pg_catalog.oid and ctid = $2::pg_catalog.tid`,
      [place?.tableoid, place?.ctid],
    );
    await this.client.query('set local session_replication_role = origin');
    await this.client.query(`set local role ${quoteIdent(this.claim.role)}`);
    const other = await this.act(row, place);
    if (other === null) return { confirmed: true };
    return isRefusal(other) ? { notTried: 'other rows are refused as well' } : untried(other);
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
    const { columns, params } = filled(this.example.situation.snapshot, relation, values, this.#shift);
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
  private async act(row: Row, place: Place | null): Promise<unknown> {
    const { relation } = row;
    try {
      switch (this.claim.kind) {
        case 'sees':
        case 'hides':
          this.#seen = this.isOfView(relation) ? await this.showsForeign() : await this.shows(place);
          return null;
        case 'removes':
          await this.client.query(`delete from ${this.target}`);
          return null;
        case 'changes':
        case 'moves':
        case 'tells':
          return await this.update(relation, row);
        case 'makes':
          return await this.add(relation, row);
        case 'refuses':
          return this.claim.command === 'insert' ? await this.add(relation, row) : await this.writeOwn(relation);
      }
    } catch (error) {
      return error;
    }
  }
  #seen = false;

  /** What is claimed something of, which is a view or the table of the row. */
  private get target(): string {
    return quoteQualified(this.claim.relation);
  }

  private isOfView(relation: Relation): boolean {
    return !sameName({ schema: relation.nspname, name: relation.relname }, this.claim.relation);
  }

  private async shows(place: Place | null): Promise<boolean> {
    const { rows } = await this.client.query<Place>(`select ${placeColumns} from ${this.target}`);
    return rows.some((one) => isSame(one, place));
  }

  /** Whether a view shows a row that is foreign by the model: who may see all judges what the role was shown. */
  private async showsForeign(): Promise<boolean> {
    const intent = this.intent.relations.find((one) => sameName(one, this.claim.relation));
    const { rows: shown } = await this.client.query<{ row: string }>(
      `select pg_catalog.to_jsonb(v.*)::pg_catalog.text as row from ${this.target} v`,
    );
    await this.client.query('reset role');
    const { rows } = await this.client.query(
      `select from pg_catalog.jsonb_populate_recordset(null::${this.target}, $2::pg_catalog.jsonb) t
        where ($1::pg_catalog.text is null or true) and (${intent?.foreign ?? 'false'}) limit 1`,
      [this.example.situation.subject, `[${shown.map(({ row }) => row).join(',')}]`],
    );
    return rows.length > 0;
  }

  private async update(relation: Relation, row: Row): Promise<unknown> {
    const changed = this.changedColumns(relation, row);
    if (changed.length === 0) return new TypeError('there is no column to change');
    const list = changed.map(
      ([name], index) => `${this.nameOf(name)} = $${index + 1}::pg_catalog.text::${typeOf(relation, name)}`,
    );
    await this.client.query(
      `update ${this.target} set ${list.join(', ')}`,
      changed.map(([, value]) => value),
    );
    return null;
  }

  /** What a column of the table is called where it is written. */
  private nameOf(column: string): string {
    return quoteIdent(this.claim.called?.get(column) ?? column);
  }

  private async add(relation: Relation, row: Row): Promise<unknown> {
    const values = this.example.rows.get(row) ?? new Map<string, Value>();
    const { columns, params } = filled(this.example.situation.snapshot, relation, values, this.#shift);
    const written = columns.filter(({ attname }) => this.claim.called?.has(attname) ?? true);
    const names = written.map(({ attname }) => this.nameOf(attname)).join(', ');
    const places = written.map(({ type }, index) => `$${index + 1}::pg_catalog.text::${type}`).join(', ');
    await this.client.query(
      `insert into ${this.target} (${names}) values (${places})`,
      written.map((column) => params[columns.indexOf(column)]),
    );
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
  private changedColumns(relation: Relation, row: Row): readonly (readonly [string, string | null])[] {
    const { claim, example } = this;
    const { snapshot } = example.situation;
    const asked = claim.question?.rows.at(-1);
    const before = example.rows.get(asked?.of?.row ?? row);
    const after = asked && example.rows.get(asked.row);
    if (before === undefined || after === undefined) return [];
    const target = findRelation(snapshot, claim.relation) ?? relation;
    const granted = new Set(privilegesOn(snapshot, closureOf(snapshot, claim.role), target).columns.UPDATE);
    const mayChange = (name: string): boolean =>
      asked?.of?.changeable.has(name) ?? granted.has(claim.called?.get(name) ?? name);
    const changed = [...after].filter(([name, value]) => mayChange(name) && before.get(name) !== value);
    if (changed.length > 0)
      return changed.map(([name, value]) => [name, asParam(value, findColumn(relation, name), this.#shift)]);
    const free = relation.columns.find(
      ({ attname, attgenerated }) => attgenerated === '' && mayChange(attname) && (claim.called?.has(attname) ?? true),
    );
    if (free === undefined) return [];
    const { columns, params } = filled(snapshot, relation, before, this.#shift);
    return [[free.attname, params[columns.indexOf(free)] ?? null]];
  }

  /** Whether it shows: looked at as who may see all. */
  private async isDone({ relation }: Row, place: Place | null): Promise<boolean> {
    const { row, kind, command } = this.claim;
    if (kind === 'sees') return this.#seen;
    if (kind === 'hides') return !this.#seen;
    if (kind === 'refuses' && command === 'insert') return false;
    await this.client.query('reset role');
    const table = quoted(relation);
    if (kind === 'makes' || kind === 'moves') {
      const intent = this.intent.relations.find((one) =>
        sameName(one, { schema: relation.nspname, name: relation.relname }),
      );
      const values = row === null ? [] : [...(this.example.rows.get(row) ?? [])];
      const same = values.map(
        ([name], index) =>
          `t.${quoteIdent(name)} is not distinct from $${index + 2}::pg_catalog.text::${typeOf(relation, name)}`,
      );
      const { rows } = await this.client.query(
        `select from ${table} t where ${[`(${intent?.unwritable ?? 'false'})`, '($1::pg_catalog.text is null or true)', ...same].join(' and ')} limit 1`,
        [
          this.example.situation.subject,
          ...values.map(([name, value]) => asParam(value, findColumn(relation, name), this.#shift)),
        ],
      );
      return rows.length > 0;
    }
    // A changed row has moved, and a deleted one is gone.
    const { rows } = await this.client.query<Place>(`select ${placeColumns} from ${table}`);
    const isThere = rows.some((one) => isSame(one, place));
    return kind === 'refuses' ? isThere : !isThere;
  }
}

function quoted({ nspname, relname }: Relation): string {
  return quoteQualified({ schema: nspname, name: relname });
}

/** By a policy, or by the CHECK OPTION of a view. A privilege that is missing says nothing of these. */
function isRefusal(error: unknown): boolean {
  const state = sqlstateOf(error);
  return state === '44000' || (state === '42501' && messageOf(error).includes('row-level security'));
}

function untried(error: unknown): Replayed {
  return { notTried: `it could not be tried on the server: ${messageOf(error)}` };
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
