import { effectivePolicies, usingOf, type EffectivePolicies } from '../access/policies.ts';
import { grantedOn, privilegesOn } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { rowSecurityOf } from '../access/row-security.ts';
import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Policy } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { nodesOf } from '../sql/tree.ts';
import { asBoolean } from './coerce.ts';
import { parsed, readIn } from './printed.ts';
import { rangeOf } from './range.ts';
import type { Place, Reader } from './scope.ts';
import { allOf, anyOf, no, unknown, yes, type Row, type Term } from './term.ts';

/** The condition under which a role sees a row: its policies for SELECT. */
export function visibleTo(reader: Reader, row: Row, place: Place): Term {
  const { snapshot } = reader;
  const { relation } = row;
  if (place.role === null) return yes;
  const closure = closureOf(snapshot, place.role);
  const name = formatQualified(nameOf(relation));
  const { columns } = place.printed ? grantedOn(closure, relation) : privilegesOn(snapshot, closure, relation);
  if (columns.SELECT.length === 0) {
    return unknown('bool', `${name}, which ${place.role} may not read`);
  }
  if (rowSecurityOf(closure, relation) !== 'bound') return yes;
  const policies = effectivePolicies(snapshot, closure, relation, 'select');
  if (place.policiesOf.includes(relation.oid) && mayRead(snapshot, policies)) {
    const what = `the policies of ${name}, which read the table itself`;
    return place.rewritten.includes(relation.oid) && hasSubquery(snapshot, policies)
      ? { op: 'fails', type: 'bool', what, always: true }
      : unknown('bool', what);
  }
  return effectiveTerm(reader, row, within(place, relation.oid), policies, usingOf);
}

/** The place of a table's policies. */
export function within(place: Place, oid: number): Place {
  return {
    ...place,
    printed: true,
    policiesOf: [...place.policiesOf, oid],
    rewritten: [...place.rewritten, oid],
  };
}

/** What PostgreSQL's rewriter goes by: where the policies of a table lead to it again, it raises an error. */
function hasSubquery(snapshot: CatalogSnapshot, { permissive, restrictive }: EffectivePolicies): boolean {
  const all = [...permissive, ...restrictive].map(usingOf);
  // A word of the text is not one yet.
  return all.some(
    (text) => /\bSELECT\b/.test(text) && nodesOf(parsed(snapshot, text)).some(({ tag }) => tag === 'SubLink'),
  );
}

/** Whether they may read other rows at all. */
function mayRead(snapshot: CatalogSnapshot, policies: EffectivePolicies): boolean {
  const all = [...policies.permissive, ...policies.restrictive];
  return hasSubquery(snapshot, policies) || all.some(({ callsFunctions }) => callsFunctions.length > 0);
}

/** What policies come to over a row: one permissive one, and every restrictive one. */
export function effectiveTerm(
  reader: Reader,
  row: Row,
  place: Place,
  { permissive, restrictive }: EffectivePolicies,
  textOf: (policy: Policy) => string,
): Term {
  if (permissive.length === 0) return no;
  const read = (policy: Policy): Term => readText(reader, textOf(policy), row, place);
  return allOf([anyOf(permissive.map(read)), ...restrictive.map(read)]);
}

/** Reads a condition over a row that PostgreSQL has printed. */
function readText(reader: Reader, text: string, row: Row, place: Place): Term {
  const ranges = [rangeOf(reader.snapshot, row, row.relation.relname)];
  return asBoolean(reader.snapshot, readIn(reader, text, { place, ranges, outer: null, parameters: null }));
}
