import type { Command } from '../access/policies.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Claim } from './claim.ts';
import type { Asked, ClaimMaker, Judge } from './claim-maker.ts';
import { alike } from './coerce.ts';
import { detourOf, isRewrittenBy, triggerBits, versionsOf } from './passes.ts';
import { printedPlace, type Reader } from './scope.ts';
import type { Target } from './target.ts';
import { negation, newRow, walk, type Row, type Term } from './term.ts';
import { readIn } from './printed.ts';
import { columnOf } from './range.ts';
import { isComparable } from './types.ts';

/**
 * What must not be written. Each claim is of the form of its command to which the fewest policies apply: without a WHERE and
 * without RETURNING those for SELECT do not, and what ON CONFLICT and MERGE do has to pass the same policies and more.
 */
export function writeClaims(
  reader: Reader,
  maker: ClaimMaker,
  judge: Judge,
  target: Target,
  command: Exclude<Command, 'select'>,
): readonly Claim[] {
  if (!target.mayUse(command)) return [maker.closed(command)];
  const detour = detourOf(reader.snapshot, target.table, command);
  if (detour !== null) return [maker.notUnderstood(command, detour)];
  const writes = new WriteClaims(reader, maker, judge, target);
  const claims = {
    insert: () => writes.makes(),
    update: () => [...writes.changes(), ...writes.tells(), ...writes.moves()],
    delete: () => writes.removes(),
  }[command]();
  return claims.map((claim) => ({ ...claim, called: target.called }));
}

class WriteClaims {
  constructor(
    private readonly reader: Reader,
    private readonly maker: ClaimMaker,
    private readonly judge: Judge,
    private readonly target: Target,
  ) {}

  removes(): readonly Claim[] {
    return this.maker.both(
      'delete',
      'removes',
      this.reached('delete', (row) => this.judge.unwritable(row)),
    );
  }

  /** A row that is refused is there: the check comes after USING, and ends the statement. */
  tells(): readonly Claim[] {
    return this.maker.both(
      'update',
      'tells',
      this.reached('update', (row) => this.judge.foreign(row)),
    );
  }

  makes(): readonly Claim[] {
    if (this.judge.intent.signup) return [this.maker.closed('insert')];
    const row = newRow(this.target.table);
    const unwritable = this.judge.unwritable(row);
    const demands: Asked['demands'] = [
      { term: unwritable, demand: 'true' },
      { term: this.target.passes('insert', 'check', row), demand: 'true' },
      ...this.defaults(row, unwritable).map((term) => ({ term, demand: 'true' as const })),
    ];
    const asked = { rows: [{ row, stored: false }], demands, row, foreign: this.judge.foreign(row) };
    const named = columnsRead(unwritable, row).flatMap((name) => columnOf(this.reader.snapshot, row, name) ?? []);
    const filled = named.map((arg): Asked['demands'][number] => ({
      term: { op: 'is', type: 'bool', state: 'null', arg },
      demand: 'false',
    }));
    const better = { rows: asked.rows, demands: [...demands, ...filled] };
    return this.maker.both('insert', 'makes', asked).map((claim) => ({ ...claim, better }));
  }

  changes(): readonly Claim[] {
    const { before, after, rows, rewritten } = this.versions();
    const demands: Asked['demands'] = [
      { term: this.judge.unwritable(before), demand: 'true' },
      { term: this.target.passes('update', 'using', before), demand: 'true' },
      { term: this.target.passes('update', 'check', after), demand: 'true' },
    ];
    const asked = { rows, demands, row: before, foreign: this.judge.foreign(before) };
    // Whether such a row is reached at all is asked for other commands too.
    const enough = { rows: rows.slice(0, 1), demands: demands.slice(0, 2) };
    return this.maker.both('update', 'changes', asked).map((claim) => ({ ...claim, enough, rewritten }));
  }

  moves(): readonly Claim[] {
    const { before, after, rows, rewritten } = this.versions();
    const demands: Asked['demands'] = [
      { term: this.judge.unwritable(before), demand: 'false' },
      { term: this.target.passes('update', 'using', before), demand: 'true' },
      { term: this.target.passes('update', 'check', after), demand: 'true' },
      { term: this.judge.unwritable(after), demand: 'true' },
    ];
    const asked = { rows, demands, row: after, foreign: this.judge.foreign(after) };
    return [{ ...this.maker.of('update', 'moves', 'subject', asked), rewritten }];
  }

  private reached(command: 'update' | 'delete', judged: (row: Row) => Term): Asked {
    const row = newRow(this.target.table);
    const demands: Asked['demands'] = [
      { term: judged(row), demand: 'true' },
      { term: this.target.passes(command, 'using', row), demand: 'true' },
    ];
    return { rows: [{ row, stored: true }], demands, row, foreign: this.judge.foreign(row) };
  }

  private versions(): ReturnType<typeof versionsOf> {
    return versionsOf(this.reader.snapshot, this.target.table, this.target.settable.UPDATE);
  }

  /** What decides whose a new row is, and cannot be set, is what its default makes of it; unless a trigger does otherwise. */
  private defaults(row: Row, judged: Term): readonly Term[] {
    const { snapshot } = this.reader;
    const { table, settable } = this.target;
    if (isRewrittenBy(snapshot, table, triggerBits.insert)) return [];
    return columnsRead(judged, row)
      .filter((name) => !settable.INSERT.includes(name))
      .flatMap((name) => defaultOf(this.reader, row, name, this.maker.role));
  }
}

function columnsRead(term: Term, row: Row): readonly string[] {
  const names = [...walk(term)].flatMap((part) => (part.op === 'column' && part.row === row ? [part.name] : []));
  return [...new Set(names)];
}

/** That a column is what its default says, where that is understood. */
function defaultOf(reader: Reader, row: Row, name: string, role: string): readonly Term[] {
  const column = row.relation.columns.find(({ attname }) => attname === name);
  const term = columnOf(reader.snapshot, row, name);
  if (column === undefined || term === undefined || column.attidentity !== '' || column.attgenerated !== '') return [];
  if (column.default === null) return [{ op: 'is', type: 'bool', state: 'null', arg: term }];
  const scope = { place: printedPlace(role), ranges: [], outer: null, parameters: null };
  const [left, right] = typed(reader.snapshot, term, readIn(reader, column.default, scope));
  return left && right && !isOpen(right) ? [negation({ op: 'distinct', type: 'bool', left, right })] : [];
}

function typed(snapshot: CatalogSnapshot, term: Term, preset: Term): readonly Term[] {
  if (!isComparable(term.type)) return [];
  return alike(snapshot, [term, preset]) ?? [];
}

function isOpen(term: Term): boolean {
  return [...walk(term)].some(({ op }) => op === 'unknown');
}
