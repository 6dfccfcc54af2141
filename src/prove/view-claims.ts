import { isReachable, mayUse, type RelationAccess } from '../access/matrix.ts';
import { commands } from '../access/policies.ts';
import { nameOf, readsOf, relationsByOid } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import { formatQualified, sameName } from '../sql/ident.ts';
import type { Claim } from './claim.ts';
import { ClaimMaker, Judge, type Asked } from './claim-maker.ts';
import { isUnderstood, printedPlace, troubleAt, type Range, type Reader } from './scope.ts';
import type { Row, Term } from './term.ts';
import { readView } from './translate-view.ts';
import { viewTarget } from './view-target.ts';
import { writeClaims } from './write-claims.ts';

/** A view of the model shows nothing, and lets nothing be written, that its table must not. */
export function claimsOfView(
  reader: Reader,
  intent: Intent,
  own: RelationIntent,
  access: RelationAccess,
  role: string,
): readonly Claim[] {
  const { schema, name } = own;
  const maker = new ClaimMaker({ schema, name }, role);
  const reads = mayUse(access, 'select') ? shownClaims(reader, maker, own, access) : [maker.closed('select')];
  return [...reads, ...writtenClaims(reader, maker, intent, access)];
}

function shownClaims(
  reader: Reader,
  maker: ClaimMaker,
  own: RelationIntent,
  { relation }: RelationAccess,
): readonly Claim[] {
  const view = readAs(reader, relation, maker.role);
  if (!isUnderstood(view)) return [maker.notUnderstood('select', view.notUnderstood)];
  return view.flatMap(({ query, outputs }) => {
    const range: Range = {
      schema: null,
      alias: 't',
      names: outputs.map(({ name }) => name),
      column: (name) => outputs.find((output) => output.name === name)?.term,
    };
    const foreign = new Judge(reader, own).over(own.foreign, range);
    return maker.both('select', 'sees', shown(query.rows, foreign, query.where));
  });
}

/** What a view shows to a role. */
export function readAs(reader: Reader, view: Relation, role: string): ReturnType<typeof readView> {
  const place = printedPlace(role);
  const read = readView(reader, view, place);
  const trouble = troubleAt(place);
  return trouble === null ? read : { notUnderstood: trouble };
}

function shown(rows: readonly Row[], foreign: Term, where: Term, row = rows[0] ?? null): Asked {
  const demands: Asked['demands'] = [
    { term: foreign, demand: 'true' },
    { term: where, demand: 'true' },
  ];
  return { rows: rows.map((one) => ({ row: one, stored: true })), demands, row, foreign };
}

/** What is written through a view is judged as the row of its table that it becomes. */
function writtenClaims(reader: Reader, maker: ClaimMaker, intent: Intent, access: RelationAccess): readonly Claim[] {
  const writes = commands.filter((command) => command !== 'select');
  const used = writes.filter((command) => mayUse(access, command));
  const closed = writes.filter((command) => !mayUse(access, command)).map((command) => maker.closed(command));
  if (used.length === 0) return closed;
  const target = viewTarget(reader, access, printedPlace(maker.role));
  const claims = used.flatMap((command): readonly Claim[] => {
    if (target === null) return [maker.closed(command)];
    if (!isUnderstood(target)) return [maker.notUnderstood(command, target.notUnderstood)];
    const judged = intent.relations.find((one) => sameName(one, nameOf(target.table)));
    return judged === undefined
      ? [maker.notUnderstood(command, `${formatQualified(nameOf(target.table))}, of which the model says nothing`)]
      : writeClaims(reader, maker, new Judge(reader, judged), target, command);
  });
  return [...closed, ...claims];
}

/**
 * The views that the model does not name and that read tables of the model with other rights than those of who asks. What reads
 * with these shows and writes what its tables do, which is claimed of them.
 */
export function claimsOfOtherViews(
  reader: Reader,
  intent: Intent,
  all: Iterable<RelationAccess>,
  role: string,
): readonly Claim[] {
  return [...all].flatMap((access) => {
    const { relation } = access;
    const name = nameOf(relation);
    if ((relation.relkind !== 'v' && relation.relkind !== 'm') || !isReachable(access)) return [];
    if (intent.relations.some((one) => sameName(one, name))) return [];
    const owned = tablesBehind(reader.snapshot, relation).flatMap((table) => {
      const found = intent.relations.find((one) => sameName(one, nameOf(table)));
      return found && found.tenancy !== 'shared' ? [{ table, intent: found }] : [];
    });
    const maker = new ClaimMaker(name, role);
    const [first] = owned;
    if (first === undefined) return [];
    if (relation.relkind === 'm')
      return [maker.notUnderstood('select', `a materialized view, which keeps rows of ${nameIn(first.table)} for all`)];
    // Under a materialized view nothing is read with anybody's rights.
    const isTheirs = access.reaches.every((one) => one.as === role && one.relation.relkind !== 'm');
    if (isTheirs) return [];
    const reads = mayUse(access, 'select') ? owned.flatMap((one) => readThrough(reader, maker, access, one)) : [];
    return [...reads, ...writtenClaims(reader, maker, intent, access).filter(({ question }) => question !== null)];
  });
}

/** The tables that a view reads, by other views too. */
function tablesBehind(snapshot: CatalogSnapshot, view: Relation): readonly Relation[] {
  const found = new Map<number, Relation>();
  const visit = (relation: Relation): void => {
    for (const oid of readsOf(snapshot, relation)) {
      const next = relationsByOid(snapshot).get(oid);
      if (next === undefined || found.has(oid)) continue;
      found.set(oid, next);
      visit(next);
    }
  };
  visit(view);
  return [...found.values()].filter(({ relkind }) => relkind === 'r' || relkind === 'p');
}

/** Whether foreign rows are among those of which a view shows something. The model does not say that it may not. */
function readThrough(
  reader: Reader,
  maker: ClaimMaker,
  { relation }: RelationAccess,
  { table, intent }: { readonly table: Relation; readonly intent: RelationIntent },
): readonly Claim[] {
  const view = readAs(reader, relation, maker.role);
  if (!isUnderstood(view)) return [maker.notUnderstood('select', view.notUnderstood)];
  const found = view.flatMap(({ query }) =>
    query.rows.filter((row) => row.relation === table).map((row) => ({ query, row })),
  );
  if (found.length === 0) return [maker.notUnderstood('select', `what ${nameIn(relation)} asks of ${nameIn(table)}`)];
  const excuse = `it shows something of foreign rows of ${nameIn(table)}, and the model does not say what it may show`;
  const judge = new Judge(reader, intent);
  return found.flatMap(({ query, row }) =>
    maker
      .both('select', 'sees', shown(query.rows, judge.foreign(row), query.where, row))
      .map((claim) => ({ ...claim, excuse })),
  );
}

function nameIn(relation: Relation): string {
  return formatQualified(nameOf(relation));
}
