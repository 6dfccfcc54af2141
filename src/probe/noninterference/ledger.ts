import { functionDefiner } from '../../domain/rules/function-definer.ts';
import { describeFailure, type Failure, isDenied } from '../session.ts';
import { type Disturbance, type Disturbed, ownRemoval } from './disturb.ts';
import type { Leak } from './explain.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import type { NotCalled, Observable, Unreached } from './observable.ts';
import type { Observations } from './observe.ts';
import type { Plan } from './plan.ts';
import type { Affected } from './tables.ts';

/** What came of all subjects' observations. */
export interface Interference {
  readonly leaks: readonly Leak[];
  readonly unreached: readonly Unreached[];
  /** Answers that did not depend on rows of others, by the rule that they were held against. */
  readonly checks: ReadonlyMap<string, number>;
  /** What gave the app role rows, or would have. */
  readonly answered: readonly string[];
  readonly notCalled: readonly NotCalled[];
  /** Relations outside the model that need none to be judged: their answers did. */
  readonly judged: readonly string[];
  /** Tables of which only some foreign rows were changed. */
  readonly sampled: readonly string[];
}

/** Keeps account of one object over all subjects and calls. */
interface Account {
  readonly observable: Observable;
  answers: number;
  /** It depended on the subject's own rows. */
  varied: boolean;
  /** It returned a row. */
  showed: boolean;
  failure: Failure | null;
  readonly obstacles: Set<string>;
}

export class Ledger {
  readonly #accounts = new Map<string, Account>();
  readonly #leaks = new Map<string, Leak>();
  readonly #acquainted = new Map<string, Leak>();
  readonly #unreached = new Map<string, Unreached>();
  readonly #sampled = new Set<string>();
  readonly #touched = new Set<string>();
  readonly #untouched = new Map<string, string>();

  constructor(private readonly plan: Plan) {}

  hasLeak({ object }: Observable): boolean {
    return this.#leaks.has(object);
  }

  /** What tells of acquaintances may tell another subject of strangers. */
  leak(leak: Leak): void {
    const leaks = leak.acquainted ? this.#acquainted : this.#leaks;
    leaks.set(leak.observable.object, leak);
  }

  obstacle(observable: Observable, reason: string): void {
    this.#account(observable).obstacles.add(reason);
  }

  /** Arguments of one subject that another one may have. */
  unreached(some: readonly Unreached[]): void {
    for (const one of some) this.#unreached.set(one.object, one);
  }

  affected(affected: readonly Affected[], failures: readonly Unreached[]): void {
    for (const { table, sampled } of affected) if (sampled) this.#sampled.add(table.name);
    for (const { object, reason } of failures) this.#untouched.set(object, reason);
  }

  disturbed(disturbance: Disturbance, { touched, failures }: Disturbed): void {
    if (disturbance === ownRemoval) return;
    for (const table of touched) this.#touched.add(table);
    for (const [table, reason] of failures) this.#untouched.set(table, `Its rows could not be changed: ${reason}.`);
  }

  answered(answers: Observations, varied: ReadonlySet<Observable>): void {
    for (const [observable, answer] of answers) {
      const account = this.#account(observable);
      account.answers += 1;
      account.varied ||= varied.has(observable);
      if (answer.ok) account.showed ||= answer.rows.rows > 0n;
      else account.failure = answer.failure;
    }
  }

  close(): Interference {
    const open = [...this.#accounts.values()].filter(({ observable }) => !this.hasLeak(observable));
    const checks = new Map<string, number>();
    for (const { observable, answers } of open) {
      checks.set(observable.rule.id, (checks.get(observable.rule.id) ?? 0) + (answers > 0 ? 1 : 0));
    }
    const unreached = [
      ...this.plan.unreached,
      ...[...this.#unreached.values()].filter(({ object }) => !this.#accounts.has(object)),
      ...open.flatMap(unanswered),
      ...this.#unchanged(),
      ...this.plan.notCalled.filter(({ suspect }) => suspect).map(uncalled),
    ];
    const obstructed = new Set(unreached.map(({ object }) => object));
    return {
      leaks: [...new Map([...this.#acquainted, ...this.#leaks]).values()],
      unreached,
      checks,
      answered: open
        .filter(({ answers, failure, showed }) => showed || (answers > 0 && failure === null))
        .map(({ observable }) => observable.object),
      notCalled: this.plan.notCalled,
      judged: this.plan.judgedByAnswer.filter((name) => !obstructed.has(name)),
      sampled: [...this.#sampled].sort(),
    };
  }

  #account(observable: Observable): Account {
    const known = this.#accounts.get(observable.object);
    if (known) return known;
    const account = {
      observable,
      answers: 0,
      varied: false,
      showed: false,
      failure: null,
      obstacles: new Set<string>(),
    };
    this.#accounts.set(observable.object, account);
    return account;
  }

  /** Tables on which something depends, and whose foreign rows nothing could change. */
  #unchanged(): readonly Unreached[] {
    if (this.#accounts.size === 0) return [];
    const failed = [...this.#untouched].filter(([table]) => !this.#touched.has(table));
    if (failed.length > 0) {
      return failed.map(([object, reason]) => ({ ruleId: noninterference.id, object, reason }));
    }
    if (this.#touched.size > 0) return [];
    const reason = 'No table holds rows of others: there was nothing on which an answer could have depended.';
    return this.plan.tables.slice(0, 1).map(({ name }) => ({ ruleId: noninterference.id, object: name, reason }));
  }
}

/** Why the answers of an object prove nothing. */
function unanswered({ observable, answers, varied, showed, failure, obstacles }: Account): readonly Unreached[] {
  const { object, rule, kind, suspect } = observable;
  const unreached = (reason: string): Unreached => ({ ruleId: rule.id, object, reason });
  if (obstacles.size > 0) return [...obstacles].map(unreached);
  if (answers === 0 || varied) return [];
  // A call that was made up may well be refused; one that somebody wrote down should not.
  if ((kind === 'query' || observable.mayWrite) && !showed && failure) {
    const denied = kind === 'query' && isDenied(failure);
    return [{ ...unreached(`It failed: ${describeFailure(failure)}.`), denied }];
  }
  if (!suspect) return [];
  if (kind === 'function') {
    return [
      unreached(
        'It reads past row-level security and does not ask for the context, and none of its calls depended on any row: list calls that do under functions in the model.',
      ),
    ];
  }
  return showed ? [] : [unreached('It showed no row to anybody: nothing foreign could have been among them.')];
}

function uncalled({ object, reason }: NotCalled): Unreached {
  return {
    ruleId: functionDefiner.id,
    object,
    reason: `It reads tenant tables past row-level security, does not ask for the context each time, and was not called because ${reason}: list calls under functions in the model.`,
  };
}
