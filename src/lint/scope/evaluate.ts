import type { AccessMatrix } from '../../access/matrix.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import type { Model } from '../../model/model.ts';
import { lastName, namesOf, nodesOf } from '../../sql/tree.ts';
import { builtIn, cast, isReader, jsonValue } from './built-in.ts';
import { keyOf, type Expression } from './expression.ts';
import {
  and,
  either,
  eitherOf,
  isFalse,
  isNull,
  isTrue,
  isUnknown,
  not,
  or,
  otherwise,
  outcomeOf,
  states,
  where,
  type Outcome,
} from './outcome.ts';
import type { Ownership } from './ownership.ts';
import { bodyOf, isRoutine, routinesOf } from './routine.ts';
import type { Situation } from './situation.ts';
import { compare, isDistinct, isNothing, mayBeNull, nothing, textOf, truthOf, unknown, type Value } from './value.ts';

/** Where expressions are evaluated. */
export interface Setting {
  readonly snapshot: CatalogSnapshot;
  readonly model: Model;
  /** The app role. */
  readonly role: string;
  readonly access: AccessMatrix;
  readonly ownership: Pick<Ownership, 'tenantKey' | 'userKey' | 'pointers'>;
}

/** The call that a body is evaluated for. */
interface Frame {
  readonly names: readonly string[];
  readonly args: readonly Expression[];
  readonly outer: Frame | null;
  readonly depth: number;
}

/** Evaluates expressions for the rows and the session of one situation. */
export class Evaluation {
  private readonly alike: boolean;

  constructor(
    private readonly setting: Setting,
    private readonly situation: Situation,
  ) {
    this.alike = setting.model.membership !== null;
  }

  /** What a boolean comes to. */
  truth(expression: Expression, frame: Frame | null = null): Outcome {
    const known = frame === null ? this.situation.known.get(keyOf(expression)) : undefined;
    if (known) return known;
    switch (expression.kind) {
      case 'and':
        return this.isApart(expression, frame) ? isFalse : this.fold(and, isTrue, expression.args, frame);
      case 'or':
        return this.fold(or, isFalse, expression.args, frame);
      case 'not':
        return not(this.truth(expression.arg, frame));
      case 'constant':
        return typeof expression.value === 'boolean'
          ? outcomeOf(expression.value)
          : truthOf(this.value(expression, frame));
      case 'compare':
        return this.comparison(expression, frame);
      case 'any':
        return this.anyOf(expression, frame);
      case 'distinct':
        return isDistinct(this.value(expression.left, frame), this.value(expression.right, frame), this.alike);
      case 'is':
        return this.test(expression, frame);
      case 'case':
        return this.choice(expression, frame);
      case 'coalesce':
        return expression.args
          .map((arg) => this.truth(arg, frame))
          .reduceRight((rest, first) => otherwise(first, rest), isNull);
      case 'nullif':
        return without(this.truth(expression.left, frame), expression.right);
      case 'cast':
        return expression.type.startsWith('bool') ? this.truth(expression.arg, frame) : isUnknown;
      case 'call':
      case 'parameter':
      case 'column':
        return (
          this.within(expression, frame, (body, inner) => this.truth(body, inner)) ??
          truthOf(this.value(expression, frame))
        );
      default:
        return truthOf(this.value(expression, frame));
    }
  }

  /** What a scalar is. */
  value(expression: Expression, frame: Frame | null = null): Value {
    if (frame === null) {
      const key = keyOf(expression);
      if (key === this.setting.ownership.tenantKey) return this.situation.tenant;
      if (key === this.setting.ownership.userKey) return this.situation.user;
    }
    switch (expression.kind) {
      case 'constant':
        return expression.value === null ? nothing : textOf(String(expression.value));
      case 'cast':
        return cast(expression.type, this.value(expression.arg, frame));
      case 'array':
        return { kind: 'array', items: expression.args.map((arg) => this.value(arg, frame)) };
      case 'nullif':
        return this.nullif(expression, frame);
      case 'coalesce':
        return this.coalesce(expression.args, frame);
      case 'compare':
        return jsonValue(
          this.setting.model,
          expression.operator,
          this.value(expression.left, frame),
          this.value(expression.right, frame),
        );
      case 'user':
        return expression.of === 'current' ? textOf(this.setting.role) : unknown;
      case 'column':
        // What such a column holds decides whose the row is.
        if (frame === null)
          return this.setting.ownership.pointers.includes(expression.name) ? unknown : { kind: 'free' };
        return this.within(expression, frame, (body, inner) => this.value(body, inner)) ?? unknown;
      case 'parameter':
        return this.within(expression, frame, (body, inner) => this.value(body, inner)) ?? unknown;
      case 'call':
        return this.call(expression, frame);
      case 'opaque':
        return frame === null ? this.opaque(expression.node) : unknown;
      default:
        return unknown;
    }
  }

  private fold(
    operation: (a: Outcome, b: Outcome) => Outcome,
    start: Outcome,
    args: readonly Expression[],
    frame: Frame | null,
  ): Outcome {
    return args.map((arg) => this.truth(arg, frame)).reduce(operation, start);
  }

  /** Whether a conjunction holds all conditions of a set of which one is false. */
  private isApart({ args }: { readonly args: readonly Expression[] }, frame: Frame | null): boolean {
    if (frame !== null || this.situation.apart.length === 0) return false;
    const keys = new Set(args.flatMap(conjuncts).map(keyOf));
    return this.situation.apart.some((conditions) => conditions.every((condition) => keys.has(condition)));
  }

  private comparison(expression: Extract<Expression, { kind: 'compare' }>, frame: Frame | null): Outcome {
    const { operator, left, right } = expression;
    if (right.kind === 'constant' && typeof right.value === 'boolean' && (operator === '=' || operator === '<>')) {
      const truth = this.truth(left, frame);
      return (operator === '=') === right.value ? truth : not(truth);
    }
    return compare(operator, this.value(left, frame), this.value(right, frame), this.alike);
  }

  private anyOf({ operator, left, right }: Extract<Expression, { kind: 'any' }>, frame: Frame | null): Outcome {
    const [one, array] = [this.value(left, frame), this.value(right, frame)];
    if (array.kind !== 'array') return array.kind === 'null' ? isNull : isUnknown;
    const members = right.kind === 'array' ? right.args : [];
    return array.items
      .map((item, index) => {
        const [member] = members.slice(index, index + 1);
        const known = member && this.situation.known.get(keyOf({ kind: 'compare', operator, left, right: member }));
        return known ?? compare(operator, one, item, this.alike);
      })
      .reduce(or, isFalse);
  }

  private test({ state, arg }: Extract<Expression, { kind: 'is' }>, frame: Frame | null): Outcome {
    if (state === 'null')
      return isBoolean(arg) ? states(this.truth(arg, frame), 'null') : isNothing(this.value(arg, frame));
    return states(this.truth(arg, frame), state);
  }

  private choice({ branches, otherwise }: Extract<Expression, { kind: 'case' }>, frame: Frame | null): Outcome {
    return branches.reduceRight(
      (rest, { when, then }) => {
        const test = this.truth(when, frame);
        return eitherOf(where(test.true, this.truth(then, frame)), where(either(test.false, test.null), rest));
      },
      this.truth(otherwise, frame),
    );
  }

  private nullif({ left, right }: Extract<Expression, { kind: 'nullif' }>, frame: Frame | null): Value {
    const value = this.value(left, frame);
    if (value.kind === 'null' || value.kind === 'raises') return value;
    const equal = compare('=', value, this.value(right, frame), this.alike);
    if (equal.true === 'certain' && equal.false === 'never' && equal.null === 'never') return nothing;
    if (equal.true === 'never' || value.kind === 'claims' || value.kind === 'setting') return value;
    return value.kind === 'free' ? value : unknown;
  }

  private coalesce(args: readonly Expression[], frame: Frame | null): Value {
    for (const [index, arg] of args.entries()) {
      const value = this.value(arg, frame);
      if (value.kind === 'null' || value.kind === 'setting') continue;
      return index === args.length - 1 || !mayBeNull(value) ? value : unknown;
    }
    return nothing;
  }

  private call(expression: Extract<Expression, { kind: 'call' }>, frame: Frame | null): Value {
    const body = this.within(expression, frame, (inlined, inner) => this.value(inlined, inner));
    if (body) return body;
    if (routinesOf(this.setting.snapshot, expression).length > 0 || expression.schema !== null) return unknown;
    const args = expression.args.map((arg) => this.value(arg, frame));
    if (expression.name === 'pg_has_role') return this.membership(args);
    return builtIn(this.setting.model, this.situation, expression.name, args);
  }

  /** `pg_has_role(role, privilege)`, of the app role. */
  private membership(args: readonly Value[]): Value {
    const { closure } = this.setting.access;
    const [user, role] = args.length === 3 ? args : [textOf(this.setting.role), ...args];
    if (user?.kind !== 'text' || user.text !== this.setting.role || role?.kind !== 'text') return unknown;
    return textOf(String(closure.has.has(role.text) || closure.becomes.has(role.text)));
  }

  /** Continues in the body of the function that is called, or in the argument that a parameter stands for. */
  private within<T>(
    expression: Expression,
    frame: Frame | null,
    go: (body: Expression, frame: Frame | null) => T,
  ): T | undefined {
    if (expression.kind === 'call') {
      const [routine, ...others] = routinesOf(this.setting.snapshot, expression);
      const body = routine && others.length === 0 ? bodyOf(routine) : null;
      // A function may call itself.
      if (!routine || body === null || (frame?.depth ?? 0) > 8) return undefined;
      return go(body, { names: routine.argnames, args: expression.args, outer: frame, depth: (frame?.depth ?? 0) + 1 });
    }
    if (frame === null) return undefined;
    const index =
      expression.kind === 'parameter'
        ? expression.number - 1
        : frame.names.indexOf(expression.kind === 'column' ? expression.name : '');
    const arg = frame.args[index];
    return arg && go(arg, frame.outer);
  }

  /** Of what is not read: free where only other columns of the row are in it. */
  private opaque(node: unknown): Value {
    const nodes = [...nodesOf(node)];
    const { tenantKey, userKey, pointers } = this.setting.ownership;
    const own = new Set([tenantKey, userKey, ...pointers.map((name) => keyOf({ kind: 'column', name }))]);
    const columns = nodes.filter(({ tag }) => tag === 'ColumnRef').map(({ value }) => lastName(value['fields']) ?? '');
    const plain = nodes.every(
      ({ tag, value }) =>
        tag !== 'SubLink' && tag !== 'ParamRef' && (tag !== 'FuncCall' || this.isPlainCall(value['funcname'])),
    );
    if (!plain || columns.some((name) => own.has(keyOf({ kind: 'column', name })))) return unknown;
    return { kind: columns.length > 0 ? 'free' : 'fixed' };
  }

  private isPlainCall(funcname: unknown): boolean {
    const names = namesOf(funcname);
    const name = names.at(-1) ?? '';
    const schema = names.length > 1 && names[0] !== 'pg_catalog' ? (names[0] ?? null) : null;
    return schema === null && !isReader(name) && !isRoutine(this.setting.snapshot, name);
  }
}

/** The conditions of nested conjunctions. */
function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.args.flatMap(conjuncts) : [expression];
}

/** Whether an expression is a boolean by its form. */
function isBoolean({ kind }: Expression): boolean {
  return ['and', 'or', 'not', 'compare', 'any', 'distinct', 'is'].includes(kind);
}

/** `nullif(truth, constant)`. */
function without(truth: Outcome, constant: Expression): Outcome {
  if (constant.kind !== 'constant' || typeof constant.value !== 'boolean') return isUnknown;
  const key = constant.value ? 'true' : 'false';
  return { ...truth, [key]: 'never', null: either(truth.null, truth[key]) };
}
