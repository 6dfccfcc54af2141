import { reachedThrough } from '../../access/view-path.ts';
import { closureOf } from '../../access/role-closure.ts';
import { descendantsOf, findRelation, nameOf, primaryKeyOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import type { Rule } from '../../domain/rule.ts';
import { matviewExposed } from '../../domain/rules/matview-exposed.ts';
import { viewDefiner } from '../../domain/rules/view-definer.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { Dependencies } from '../functions/dependencies.ts';
import type { RunInput } from '../input.ts';
import { reachOf } from '../privileges.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import { arbitraryRows } from './limit.ts';
import type { Observable } from './observable.ts';
import type { TenantTable } from './tables.ts';

/**
 * The relations that the app role can read and whose rows may depend on those of other relations: views, materialized views,
 * and tables whose policies look elsewhere. What a table's policies say of its own rows is compared with the truth already.
 */
export function observableRelations(
  run: RunInput,
  dependencies: Dependencies,
  tables: readonly TenantTable[],
): readonly Observable[] {
  const owned = new Set(tables.map(({ relation }) => relation.oid));
  return [...run.targets.map(({ relation }) => relation), ...run.unmodelled].flatMap((relation): Observable[] => {
    const privileges = run.privileges.get(relation.oid);
    const reach = dependencies.ofRelation(relation);
    const itself = new Set([relation, ...descendantsOf(run.snapshot, relation)].map(({ oid }) => oid));
    const depends = reach.dynamic || [...reach.relations].some((oid) => owned.has(oid) && !itself.has(oid));
    if (!privileges?.usage || privileges.select.length === 0 || relation.relkind === 'f' || !depends) return [];
    const rule = ruleOf(run, relation, owned);
    return [
      {
        object: formatQualified(nameOf(relation)),
        kind: 'relation',
        rule,
        reach: { ...reach, relations: new Set([...reach.relations, relation.oid]) },
        suspect: rule !== noninterference && !reach.asksContext,
        from: `${quoteQualified(nameOf(relation))} t`,
        values: [],
        row: `row(${shownColumns(run, relation, privileges.select)
          .map((column) => `t.${quoteIdent(column)}`)
          .join(', ')})`,
        mayWrite: false,
        call: null,
        obstacle: relation.definition === null ? null : arbitraryRows(relation.definition),
      },
    ];
  });
}

/** Of a table the key: which rows it shows may depend on others, and what is in them does not. */
function shownColumns({ snapshot }: RunInput, relation: Relation, selectable: readonly string[]): readonly string[] {
  const key = 'rp'.includes(relation.relkind) ? primaryKeyOf(snapshot, relation) : [];
  return key.length > 0 && key.every((column) => selectable.includes(column)) ? key : selectable;
}

/** The catalog shows why a materialized view, or a view that reads as an exempt owner, leaks if it does. */
function ruleOf({ snapshot, session }: RunInput, relation: Relation, owned: ReadonlySet<number>): Rule {
  if (relation.relkind === 'm') return matviewExposed;
  const reached = reachedThrough(snapshot, closureOf(snapshot, session.appRole), relation);
  const exempt = reached.some(
    ({ relation: { oid }, as, rowSecurity }) => owned.has(oid) && as !== session.appRole && rowSecurity !== 'bound',
  );
  return exempt ? viewDefiner : noninterference;
}

/**
 * The views of which the model says nothing, and whose answers tell all the same whether they keep tenants apart: they read
 * nothing but relations of the model, whose rows are disturbed or shared, and nobody writes through them.
 */
export function judgedByAnswer(
  { intent, snapshot, privileges, unmodelled }: RunInput,
  dependencies: Dependencies,
): readonly string[] {
  const known = new Set(
    intent.relations
      .filter(({ tenancy }) => tenancy !== 'none')
      .flatMap((named) => findRelation(snapshot, named) ?? [])
      .flatMap((relation) => [relation, ...descendantsOf(snapshot, relation)])
      .map(({ oid }) => oid),
  );
  const stored = new Set(snapshot.relations.filter(({ relkind }) => 'rpf'.includes(relkind)).map(({ oid }) => oid));
  return unmodelled
    .filter((relation) => {
      const granted = privileges.get(relation.oid);
      const reach = dependencies.ofRelation(relation);
      const view = relation.relkind === 'v' || relation.relkind === 'm';
      const reads = [...reach.relations].filter((oid) => stored.has(oid));
      const onlyRead = granted !== undefined && reachOf(granted).join() === 'SELECT';
      return view && onlyRead && !reach.dynamic && reads.length > 0 && reads.every((oid) => known.has(oid));
    })
    .map((relation) => formatQualified(nameOf(relation)));
}
