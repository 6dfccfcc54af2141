import { mayUse, type RelationAccess, accessMatrix } from '../access/matrix.ts';
import { commands, isFor, policiesOf, type Command } from '../access/policies.ts';
import { findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import type { Claim, ClaimKind } from './claim.ts';
import type { AskedRow } from './question.ts';
import { isUnderstood, printedPlace, type Place, type Range, type Reader, type Scope } from './scope.ts';
import { passes, versionsOf, type Versions } from './passes.ts';
import { newRow, unknown, type Row, type Term } from './term.ts';
import { Translator } from './translate.ts';
import { rangeOf, readIn, readView } from './translate-query.ts';

/** Everything that must not be possible for an app role. Tables of a tenant's own schema go by privileges alone and are left out. */
export function claimsOf(snapshot: CatalogSnapshot, intent: Intent, role: string): readonly Claim[] {
  const access = accessMatrix(snapshot, role);
  const reader = new Translator(snapshot);
  return intent.relations.flatMap((one) => {
    const relation = findRelation(snapshot, one);
    const accessed = relation && access.relations.get(relation.oid);
    if (one.tenancy === 'schema') return [];
    if (relation === undefined || accessed === undefined) return [unreadClaim(one, role)];
    const claims = new Claims(
      reader,
      one,
      accessed,
      role,
      policiesOf(snapshot, relation).some((policy) => isFor(policy, 'select')),
    );
    return one.kind === 'view' ? claims.ofView() : commands.flatMap((command) => claims.of(command));
  });
}

/** A relation that was locked while the catalog was read. */
function unreadClaim({ schema, name }: RelationIntent, role: string): Claim {
  const demands = [{ term: unknown('bool', 'it could not be read'), demand: 'true' as const }];
  const question = { rows: [], demands };
  const session = 'subject';
  return {
    relation: { schema, name },
    role,
    command: 'select',
    kind: 'sees',
    session,
    question,
    row: null,
    foreign: null,
  };
}

type Demands = NonNullable<Claim['question']>['demands'];

class Claims {
  private readonly place: Place;

  constructor(
    private readonly reader: Reader,
    private readonly intent: RelationIntent,
    private readonly access: RelationAccess,
    private readonly role: string,
    /** Whether there are policies for other roles: one that none is for is not meant to see anything. */
    private readonly othersSee: boolean,
  ) {
    this.place = printedPlace(role, [access.relation.oid]);
  }

  of(command: Command): readonly Claim[] {
    if (!mayUse(this.access, command)) return [this.closed(command)];
    switch (command) {
      case 'select':
        return [...this.stored('select', 'sees', 'foreign'), ...this.hides()];
      case 'update':
        return [...this.changes(), ...this.moves()];
      case 'delete':
        return this.stored('delete', 'removes', 'unwritable');
      case 'insert':
        return this.makes();
    }
  }

  /** Views are claimed to show nothing that their table must not. */
  ofView(): readonly Claim[] {
    if (!mayUse(this.access, 'select')) return [this.closed('select')];
    const view = readView(this.reader, this.access.relation, this.place);
    if (!isUnderstood(view))
      return this.both(
        'select',
        'sees',
        [],
        [{ term: unknown('bool', view.notUnderstood), demand: 'true' }],
        null,
        null,
      );
    const range: Range = {
      schema: null,
      alias: 't',
      names: view.outputs.map(({ name }) => name),
      column: (name) => view.outputs.find((output) => output.name === name)?.term,
    };
    const foreign = this.judged(this.intent.foreign, range);
    const rows = view.query.rows.map((row): AskedRow => ({ row, stored: true }));
    const demands: Demands = [
      { term: foreign, demand: 'true' },
      { term: view.query.where, demand: 'true' },
    ];
    return this.both('select', 'sees', rows, demands, rows[0]?.row ?? null, foreign);
  }

  private stored(command: Command, kind: ClaimKind, judgement: 'foreign' | 'unwritable'): readonly Claim[] {
    const row = newRow(this.access.relation);
    const demands: Demands = [
      { term: this.ofRow(judgement, row), demand: 'true' },
      { term: this.passes(command, 'using', row), demand: 'true' },
    ];
    return this.both(command, kind, [{ row, stored: true }], demands, row, this.ofRow('foreign', row));
  }

  private hides(): readonly Claim[] {
    const { permissive } = this.access.policies.select;
    const isClosed = this.access.rowSecurity === 'bound' && permissive.length === 0 && this.othersSee;
    if (!this.intent.complete || this.intent.tenancy === 'none' || isClosed) return [];
    const row = newRow(this.access.relation);
    const demands: Demands = [
      { term: this.ofRow('foreign', row), demand: 'false' },
      { term: this.passes('select', 'using', row), demand: 'not shown' },
    ];
    return [this.claim('select', 'hides', 'subject', [{ row, stored: true }], demands, row, null)];
  }

  private makes(): readonly Claim[] {
    if (this.intent.signup) return [this.closed('insert')];
    const row = newRow(this.access.relation);
    const demands: Demands = [
      { term: this.ofRow('unwritable', row), demand: 'true' },
      { term: this.passes('insert', 'check', row), demand: 'true' },
    ];
    return this.both('insert', 'makes', [{ row, stored: false }], demands, row, this.ofRow('foreign', row));
  }

  private changes(): readonly Claim[] {
    const { before, after, rows, rewritten } = this.versions();
    const demands: Demands = [
      { term: this.ofRow('unwritable', before), demand: 'true' },
      { term: this.passes('update', 'using', before), demand: 'true' },
      { term: this.passes('update', 'check', after), demand: 'true' },
    ];
    const claims = this.both('update', 'changes', rows, demands, before, this.ofRow('foreign', before));
    // Whether such a row is reached at all is asked for other commands too.
    const enough = { rows: rows.slice(0, 1), demands: demands.slice(0, 2) };
    return claims.map((claim) => ({ ...claim, enough, rewritten }));
  }

  private moves(): readonly Claim[] {
    const { before, after, rows, rewritten } = this.versions();
    const demands: Demands = [
      { term: this.ofRow('unwritable', before), demand: 'false' },
      { term: this.passes('update', 'using', before), demand: 'true' },
      { term: this.passes('update', 'check', after), demand: 'true' },
      { term: this.ofRow('unwritable', after), demand: 'true' },
    ];
    const claim = this.claim('update', 'moves', 'subject', rows, demands, after, this.ofRow('foreign', after));
    return [{ ...claim, rewritten }];
  }

  private versions(): Versions {
    return versionsOf(this.reader.snapshot, this.access);
  }

  private passes(command: Command, part: 'using' | 'check', row: Row): Term {
    return passes(this.reader, this.access, this.role, { command, part, row });
  }

  private ofRow(judgement: 'foreign' | 'unwritable', row: Row): Term {
    return this.judged(this.intent[judgement], { ...rangeOf(this.reader.snapshot, row, 't'), schema: null });
  }

  /** What the model says of a row: the truth, which no policy hides. */
  private judged(text: string, range: Range): Term {
    const parameters = { of: '', names: [], values: [{ op: 'subject', type: 'text' } as const] };
    const scope: Scope = { place: printedPlace(null), ranges: [range], outer: null, parameters };
    return readIn(this.reader, text, scope);
  }

  private both(
    command: Command,
    kind: ClaimKind,
    rows: readonly AskedRow[],
    demands: Demands,
    row: Row | null,
    foreign: Term | null,
  ): readonly Claim[] {
    return (['subject', 'nobody'] as const).map((session) =>
      this.claim(command, kind, session, rows, demands, row, foreign),
    );
  }

  private claim(
    command: Command,
    kind: ClaimKind,
    session: Claim['session'],
    rows: readonly AskedRow[],
    demands: Demands,
    row: Row | null,
    foreign: Term | null,
  ): Claim {
    const { schema, name } = this.intent;
    return {
      relation: { schema, name },
      role: this.role,
      command,
      kind,
      session,
      question: { rows, demands },
      row,
      foreign,
    };
  }

  private closed(command: Command): Claim {
    const { schema, name } = this.intent;
    const kind = ({ select: 'sees', insert: 'makes', update: 'changes', delete: 'removes' } as const)[command];
    return {
      relation: { schema, name },
      role: this.role,
      command,
      kind,
      session: 'subject',
      question: null,
      row: null,
      foreign: null,
    };
  }
}
