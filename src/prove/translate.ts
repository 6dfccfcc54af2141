import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { asList, isRecord, namesOf } from '../sql/tree.ts';
import { alike, asBoolean } from './coerce.ts';
import { compared, inverted, is } from './comparison.ts';
import { isUnderstood, resolve, type Reader, type Scope } from './scope.ts';
import { allOf, anyOf, constant, negation, unknown, type Branch, type Term } from './term.ts';
import { readCall } from './translate-call.ts';
import { readCast, readCollate } from './translate-cast.ts';
import { readOperator } from './translate-operator.ts';
import { readSelect } from './translate-query.ts';
import { readSubquery } from './translate-subquery.ts';
import { constantIn, parameter, valueFunction } from './translate-value.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads parse trees of expressions. What it does not know becomes unknown, with its name; it never guesses. */
export class Translator implements Reader {
  constructor(readonly snapshot: CatalogSnapshot) {}

  select(select: Fields, scope: Scope): ReturnType<Reader['select']> {
    return readSelect(this, select, scope);
  }

  expression(node: unknown, scope: Scope): Term {
    const [tag, fields] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
    if (tag === undefined || !isRecord(fields)) return unknown('other', 'an expression');
    const { budget } = scope.place;
    budget.left -= 1;
    if (budget.left < 0) return unknown('other', 'more parts than are read');
    switch (tag) {
      case 'BoolExpr':
        return this.connective(fields, scope);
      case 'A_Const':
        return constantIn(fields);
      case 'ColumnRef':
        return this.column(fields, scope);
      case 'ParamRef':
        return parameter(Number(fields['number']), scope);
      case 'A_Expr':
        return readOperator(this, fields, scope);
      case 'TypeCast':
        return readCast(this, fields, scope);
      case 'CollateClause':
        return readCollate(this, fields, scope);
      case 'NullTest':
        return this.nullTest(fields, scope);
      case 'BooleanTest':
        return this.booleanTest(fields, scope);
      case 'CaseExpr':
        return this.choice(fields, scope);
      case 'CoalesceExpr': {
        const args = alike(this.snapshot, this.all(fields['args'], scope));
        return args
          ? { op: 'coalesce', type: args[0]?.type ?? 'other', args }
          : unknown('other', 'COALESCE of types that differ');
      }
      case 'FuncCall':
        return readCall(this, fields, scope);
      case 'SQLValueFunction':
        return valueFunction(String(fields['op']), scope);
      case 'SubLink':
        return readSubquery(this, fields, scope);
      default:
        return unknown('other', tag);
    }
  }

  private all(nodes: unknown, scope: Scope): readonly Term[] {
    return asList(nodes).map((node) => this.expression(node, scope));
  }

  private boolean(node: unknown, scope: Scope): Term {
    return asBoolean(this.snapshot, this.expression(node, scope));
  }

  private connective({ boolop, args }: Fields, scope: Scope): Term {
    const terms = asList(args).map((arg) => this.boolean(arg, scope));
    if (boolop === 'AND_EXPR') return allOf(terms);
    return boolop === 'OR_EXPR' ? anyOf(terms) : negation(terms[0] ?? unknown('bool', 'NOT'));
  }

  private column({ fields }: Fields, scope: Scope): Term {
    const parts = namesOf(fields);
    if (parts.length !== asList(fields).length) return unknown('other', 'a whole row');
    const found = resolve(scope, parts);
    return isUnderstood(found) ? found : unknown('other', found.notUnderstood);
  }

  private nullTest({ arg, nulltesttype }: Fields, scope: Scope): Term {
    const tested = this.expression(arg, scope);
    // A row may be neither NULL nor not: https://www.postgresql.org/docs/current/functions-comparison.html
    if (tested.type === 'composite') return unknown('bool', 'IS NULL of a row');
    return inverted(nulltesttype === 'IS_NOT_NULL', is('null', tested));
  }

  private booleanTest({ arg, booltesttype }: Fields, scope: Scope): Term {
    const [, negated, state] = /^IS_(NOT_)?(TRUE|FALSE|UNKNOWN)$/.exec(String(booltesttype)) ?? [];
    const states = { TRUE: 'true', FALSE: 'false', UNKNOWN: 'null' } as const;
    return inverted(negated !== undefined, is(states[state as keyof typeof states], this.boolean(arg, scope)));
  }

  private choice({ arg, args, defresult }: Fields, scope: Scope): Term {
    const subject = arg === undefined ? undefined : this.expression(arg, scope);
    const whens = asList(args).map((item) => (isRecord(item) && isRecord(item['CaseWhen']) ? item['CaseWhen'] : {}));
    const tests = whens.map(({ expr }) => {
      const test = this.expression(expr, scope);
      return asBoolean(this.snapshot, subject === undefined ? test : compared(this.snapshot, '=', subject, test));
    });
    const otherwise = defresult === undefined ? constant('other', null) : this.expression(defresult, scope);
    const results = alike(this.snapshot, [otherwise, ...whens.map(({ result }) => this.expression(result, scope))]);
    const [last, ...thens] = results ?? [];
    if (last === undefined) return unknown('other', 'CASE of types that differ');
    const branches = thens.flatMap((then, index): Branch[] => {
      const when = tests[index];
      return when ? [{ when, then }] : [];
    });
    return { op: 'case', type: last.type, branches, otherwise: last };
  }
}
