import { accessMatrix, isReachable, mayUse, type AccessMatrix, type RelationAccess } from '../access/matrix.ts';
import { commands, type Command } from '../access/policies.ts';
import { rolesByName } from '../access/role-closure.ts';
import { findRelation, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { formatIdent, sameName, type QualifiedName } from '../sql/ident.ts';
import { decidersOf } from './deciders.ts';
import { keyOf } from './key.ts';
import { detourOf, versionsOf } from './passes.ts';
import type { AskedRow, Question } from './question.ts';
import { isUnderstood, lone, printedPlace, type NotUnderstood, type Selected } from './scope.ts';
import { tableTarget, type Target } from './target.ts';
import { allOf, newRow, no, unknown, type Row, type Term } from './term.ts';
import { Translator } from './translate.ts';
import { readAs } from './view-claims.ts';
import { viewTarget } from './view-target.ts';
import { transplant } from './transplant.ts';

/** What a role may do in a database. */
export interface State {
  readonly snapshot: CatalogSnapshot;
  readonly role: string;
  /** Null where there is no such role. */
  readonly access: AccessMatrix | null;
}

/** What a role may do with a relation in one state of a database, and perhaps not in another. */
export interface Difference {
  readonly relation: QualifiedName;
  readonly role: string;
  /** Null for what no policy is for. */
  readonly command: Command | null;
  /** Whether there is a row that only the state in question lets it have; null where nothing that decides it differs. */
  readonly question: Omit<Question, 'session'> | null;
  /** The same rows, where a trigger may write columns that the role may not. */
  readonly rewritten: readonly AskedRow[] | null;
  /** The row in question: as it becomes, for an UPDATE. */
  readonly row: Row | null;
  /** Privileges that only the state in question grants, which no row is needed for. */
  readonly granted: readonly string[];
}

/** What becomes reachable that the other state does not even have. */
export interface Addition {
  readonly relation: QualifiedName;
  readonly role: string;
}

export function stateOf(snapshot: CatalogSnapshot, role: string): State {
  return { snapshot, role, access: rolesByName(snapshot).has(role) ? accessMatrix(snapshot, role) : null };
}

/** The relations that the role reaches in a state, and that the other does not have. */
export function additionsOf(state: State, other: State): readonly Addition[] {
  return reachable(state)
    .map(({ relation }) => ({ relation: nameOf(relation), role: state.role }))
    .filter((addition) => findRelation(other.snapshot, addition.relation) === undefined);
}

/** What the role may do in a state, each to be compared with the other state: whether it may do more than there. */
export function differencesOf(state: State, other: State): readonly Difference[] {
  return reachable(state).flatMap((access) => {
    const there = findRelation(other.snapshot, nameOf(access.relation));
    if (there === undefined) return [];
    const comparison = new Comparison(state, other, access, there);
    return [...commands.flatMap((command) => comparison.of(command)), ...comparison.beside()];
  });
}

function reachable({ access }: State): readonly RelationAccess[] {
  return [...(access?.relations.values() ?? [])].filter(isReachable);
}

class Comparison {
  private readonly before: RelationAccess | undefined;

  constructor(
    private readonly state: State,
    private readonly other: State,
    private readonly access: RelationAccess,
    private readonly there: Relation,
  ) {
    this.before = other.access?.relations.get(there.oid);
  }

  of(command: Command): readonly Difference[] {
    if (!mayUse(this.access, command)) return [];
    if (this.isSame(command)) return [this.difference(command, null, null)];
    const { relkind, definition } = this.access.relation;
    if (relkind === 'v' && command === 'select') return [this.view()];
    if (relkind === 'm' && definition !== this.there.definition)
      return [this.notUnderstood(command, 'a materialized view')];
    // What no policy is for goes by privileges.
    if (relkind === 'm' || relkind === 'f') return [this.difference(command, null, null)];
    const now = this.targetIn(this.state, this.access, command);
    const old = this.before ? this.targetIn(this.other, this.before, command) : null;
    // Whatever is granted, PostgreSQL refuses it.
    if (now === null) return [this.difference(command, null, null)];
    if (!isUnderstood(now)) return [this.notUnderstood(command, now.notUnderstood)];
    if (old !== null && !isUnderstood(old)) return [this.notUnderstood(command, old.notUnderstood)];
    if (old !== null && !sameName(nameOf(now.table), nameOf(old.table)))
      return [this.notUnderstood(command, 'another table than before')];
    return [command === 'update' ? this.update(now, old) : this.row(command, now, old)];
  }

  /** What a command of the role goes to in a state; null where it does not go at all. */
  private targetIn({ snapshot, role }: State, access: RelationAccess, command: Command): Target | NotUnderstood | null {
    if (!mayUse(access, command)) return null;
    const reader = new Translator(snapshot);
    const target =
      access.relation.relkind === 'v'
        ? viewTarget(reader, access, printedPlace(role))
        : tableTarget(reader, access, role);
    if (target === null || !isUnderstood(target)) return target;
    if (!target.mayUse(command)) return null;
    const detour = command === 'select' ? null : detourOf(snapshot, target.table, command);
    return detour === null ? target : { notUnderstood: detour };
  }

  /** What no row is needed for: a row-level security that is passed by. */
  beside(): readonly Difference[] {
    const [now, old] = [this.access.privileges.table, this.before?.privileges.table];
    const granted = (['TRUNCATE', 'REFERENCES', 'TRIGGER'] as const).filter(
      (privilege) => now.has(privilege) && old?.has(privilege) !== true,
    );
    return granted.length === 0 ? [] : [{ ...this.difference(null, null, null), granted }];
  }

  private isSame(command: Command): boolean {
    const [one, two] = [this.state.access?.closure, this.other.access?.closure];
    if (one === undefined || two === undefined || this.before === undefined) return false;
    return (
      decidersOf(this.state.snapshot, one, this.access, command) ===
      decidersOf(this.other.snapshot, two, this.before, command)
    );
  }

  private row(command: 'select' | 'insert' | 'delete', now: Target, old: Target | null): Difference {
    const row = newRow(now.table);
    const part = command === 'insert' ? 'check' : 'using';
    const demands = [
      { term: now.passes(command, part, row), demand: 'true' as const },
      { term: this.moved(old, command, part, row), demand: 'not shown' as const },
    ];
    return this.difference(command, { rows: [{ row, stored: command !== 'insert' }], demands }, row);
  }

  private update(now: Target, old: Target | null): Difference {
    const { before, after, rows, rewritten } = versionsOf(this.state.snapshot, now.table, now.settable.UPDATE);
    const [reached, passed] = [this.moved(old, 'update', 'using', before), this.moved(old, 'update', 'check', after)];
    const demands = [
      { term: now.passes('update', 'using', before), demand: 'true' as const },
      { term: now.passes('update', 'check', after), demand: 'true' as const },
      { term: allOf([reached, passed]), demand: 'not shown' as const },
    ];
    return { ...this.difference('update', { rows, demands }, after), rewritten };
  }

  private view(): Difference {
    const now = this.readView(this.state, this.access.relation);
    if (typeof now === 'string') return this.notUnderstood('select', now);
    const shown = this.before && mayUse(this.before, 'select') ? this.oldView(now) : no;
    if (typeof shown === 'string') return this.notUnderstood('select', shown);
    const demands = [
      { term: now.query.where, demand: 'true' as const },
      { term: shown, demand: 'not shown' as const },
    ];
    const asked = now.query.rows.map((row) => ({ row, stored: true }));
    return this.difference('select', { rows: asked, demands }, now.query.rows[0] ?? null);
  }

  /** When the other state's view shows the same rows by the same columns, or what is not understood. */
  private oldView(now: Selected): Term | string {
    const old = this.readView(this.other, this.there);
    if (typeof old === 'string') return old;
    const rows = pairs(now, old);
    if (rows === null) return 'other tables than before';
    const moved = (term: Term): Term => transplant(term, this.other.snapshot, this.state.snapshot, rows);
    const known = new Set(old.outputs.map(({ name, term }) => `${name} ${keyOfRow(moved(term))}`));
    const strange = now.outputs.find(({ name, term }) => !known.has(`${name} ${keyOfRow(term)}`));
    return strange === undefined ? moved(old.query.where) : `its column ${strange.name}`;
  }

  private readView({ snapshot, role }: State, relation: Relation): Selected | string {
    if (relation.relkind !== 'v') return 'no view';
    const view = lone(readAs(new Translator(snapshot), relation, role), 'a view of several parts');
    return isUnderstood(view) ? view : view.notUnderstood;
  }

  private notUnderstood(command: Command, what: string): Difference {
    const demands = [{ term: unknown('bool', what), demand: 'true' as const }];
    return this.difference(command, { rows: [], demands }, null);
  }

  /** A condition of the other state over a row of this one. */
  private moved(old: Target | null, command: Command, part: 'using' | 'check', row: Row): Term {
    if (old === null) return no;
    const there = newRow(old.table);
    const condition = old.passes(command, part, there);
    return transplant(condition, this.other.snapshot, this.state.snapshot, new Map([[there, row]]));
  }

  private difference(command: Command | null, question: Difference['question'], row: Row | null): Difference {
    return {
      relation: nameOf(this.access.relation),
      role: this.state.role,
      command,
      question,
      rewritten: null,
      row,
      granted: command === null ? [] : this.granted(command, question !== null),
    };
  }

  private granted(command: Command, isAsked: boolean): readonly string[] {
    // Whether it is of any use is asked with a row.
    if (this.before === undefined || !mayUse(this.before, command)) return isAsked ? [] : [command.toUpperCase()];
    if (command === 'delete') return [];
    const privilege = command.toUpperCase() as 'SELECT' | 'INSERT' | 'UPDATE';
    const [now, old] = [this.access, this.before].map(({ privileges }) => privileges.columns[privilege]);
    const existed = new Set(this.there.columns.map(({ attname }) => attname));
    const added = (now ?? []).filter((name) => existed.has(name) && old?.includes(name) !== true);
    return added.length === 0 ? [] : [`${privilege} (${added.map(formatIdent).join(', ')})`];
  }
}

/** The rows that two queries read, where these are of the same tables. */
function pairs(now: Selected, old: Selected): ReadonlyMap<Row, Row> | null {
  if (now.query.rows.length !== old.query.rows.length) return null;
  const found = now.query.rows.map((row, index): [Row, Row] | null => {
    const other = old.query.rows[index];
    return other && sameName(nameOf(other.relation), nameOf(row.relation)) ? [other, row] : null;
  });
  const both = found.filter((pair) => pair !== null);
  return both.length === found.length ? new Map(both) : null;
}

function keyOfRow(term: Term): string {
  return keyOf(term, ({ id }) => String(id));
}
