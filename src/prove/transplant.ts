import { findColumn, findRelation, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { newRow, unknown, type Query, type Row, type Term } from './term.ts';
import { labelsOf } from './types.ts';

/**
 * A term of one catalog as a term over the rows of another: both can then be asked about in one question. What the other has not,
 * or has with another type, is not understood.
 *
 * @param rows what the rows are there that the term does not bring itself
 */
export function transplant(term: Term, from: CatalogSnapshot, to: CatalogSnapshot, rows: ReadonlyMap<Row, Row>): Term {
  return new Transplant(from, to, rows).term(term);
}

class Transplant {
  constructor(
    private readonly from: CatalogSnapshot,
    private readonly to: CatalogSnapshot,
    private readonly rows: ReadonlyMap<Row, Row>,
  ) {}

  term(term: Term): Term {
    const { type } = term;
    if (type.startsWith('enum ') && String(labelsOf(this.from, type)) !== String(labelsOf(this.to, type)))
      return unknown(type, `${type.replace('enum ', '')}, whose labels differ`);
    const all = (terms: readonly Term[]): readonly Term[] => terms.map((one) => this.term(one));
    switch (term.op) {
      case 'column':
        return this.column(term);
      case 'and':
      case 'or':
      case 'coalesce':
      case 'apply':
        return { ...term, args: all(term.args) };
      case 'not':
      case 'is':
      case 'cast':
      case 'like':
        return { ...term, arg: this.term(term.arg) };
      case 'compare':
      case 'distinct':
      case 'nullif':
        return { ...term, left: this.term(term.left), right: this.term(term.right) };
      case 'among':
        return { ...term, left: this.term(term.left), array: this.term(term.array) };
      case 'case': {
        const branches = term.branches.map(({ when, then }) => ({ when: this.term(when), then: this.term(then) }));
        return { ...term, branches, otherwise: this.term(term.otherwise) };
      }
      case 'exists':
      case 'in':
      case 'scalar':
        return this.subquery(term);
      case 'constant':
      case 'setting':
      case 'subject':
      case 'fails':
      case 'unknown':
        return term;
    }
  }

  private column({ type, row, name }: Extract<Term, { op: 'column' }>): Term {
    const there = this.rows.get(row);
    const [old, now] = [findColumn(row.relation, name), there && findColumn(there.relation, name)];
    const isSame = old?.type === now?.type && old?.collisdeterministic === now?.collisdeterministic;
    if (there !== undefined && now !== undefined && isSame) return { op: 'column', type, row: there, name };
    return unknown(type, `the column ${name} of ${formatQualified(nameOf(row.relation))}, which is not the same`);
  }

  private subquery(term: Extract<Term, { op: 'exists' | 'in' | 'scalar' }>): Term {
    const rows = new Map(this.rows);
    for (const row of term.query.rows) {
      const name = nameOf(row.relation);
      const relation = findRelation(this.to, name);
      if (relation === undefined) return unknown(term.type, `${formatQualified(name)}, which is not there`);
      rows.set(row, newRow(relation));
    }
    const inner = new Transplant(this.from, this.to, rows);
    const query: Query = {
      rows: term.query.rows.flatMap((row) => rows.get(row) ?? []),
      where: inner.term(term.query.where),
    };
    if (term.op === 'exists') return { ...term, query };
    const output = inner.term(term.output);
    return term.op === 'in' ? { ...term, left: this.term(term.left), query, output } : { ...term, query, output };
  }
}
