import type { Command } from '../access/policies.ts';
import type { RelationIntent } from '../intent/relation-intent.ts';
import type { QualifiedName } from '../sql/ident.ts';
import type { Claim, ClaimKind } from './claim.ts';
import type { AskedRow } from './question.ts';
import { asBoolean } from './coerce.ts';
import { printedPlace, type Range, type Reader, type Scope } from './scope.ts';
import { unknown, type Row, type Term } from './term.ts';
import { readIn } from './printed.ts';
import { rangeOf } from './range.ts';

/** What is asked of which rows. */
export interface Asked {
  readonly rows: readonly AskedRow[];
  readonly demands: NonNullable<Claim['question']>['demands'];
  readonly row: Row | null;
  readonly foreign: Term | null;
}

/** Makes the claims of a role on one relation. */
export class ClaimMaker {
  constructor(
    readonly relation: QualifiedName,
    readonly role: string,
  ) {}

  of(command: Command, kind: ClaimKind, session: Claim['session'], { rows, demands, row, foreign }: Asked): Claim {
    const { relation, role } = this;
    return { relation, role, command, kind, session, question: { rows, demands }, row, foreign };
  }

  /** For sessions with a context, and for those without. */
  both(command: Command, kind: ClaimKind, asked: Asked): readonly Claim[] {
    return (['subject', 'nobody'] as const).map((session) => this.of(command, kind, session, asked));
  }

  /** What there is no privilege for. */
  closed(command: Command): Claim {
    const { relation, role } = this;
    const kind = usual[command];
    return { relation, role, command, kind, session: 'subject', question: null, row: null, foreign: null };
  }

  /** What is not understood at all. */
  notUnderstood(command: Command, what: string): Claim {
    const demands = [{ term: unknown('bool', what), demand: 'true' as const }];
    return this.of(command, usual[command], 'subject', { rows: [], demands, row: null, foreign: null });
  }
}

const usual: Readonly<Record<Command, ClaimKind>> = {
  select: 'sees',
  insert: 'makes',
  update: 'changes',
  delete: 'removes',
};

/** What the model says of the rows of a relation: the truth, which no policy hides. */
export class Judge {
  constructor(
    private readonly reader: Reader,
    readonly intent: RelationIntent,
  ) {}

  foreign(row: Row): Term {
    return this.over(this.intent.foreign, rangeOf(this.reader.snapshot, row, 't'));
  }

  unwritable(row: Row): Term {
    return this.over(this.intent.unwritable, rangeOf(this.reader.snapshot, row, 't'));
  }

  /** What it says of what a range shows. */
  over(text: string, range: Range): Term {
    const parameters = { of: '', names: [], values: [{ op: 'subject', type: 'text' } as const] };
    const ranges = [{ ...range, alias: 't', schema: null }];
    const scope: Scope = { place: printedPlace(null), ranges, outer: null, parameters };
    return asBoolean(this.reader.snapshot, readIn(this.reader, text, scope));
  }
}
