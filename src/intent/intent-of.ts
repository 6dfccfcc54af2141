import type { TableModel } from '../model/model.ts';
import type { Predicates } from './predicates.ts';
import type { RelationIntent } from './relation-intent.ts';

/** The predicates of a table whose rows have no owners. */
export function constantPredicates(table: TableModel): Predicates {
  const shared = table.tenancy === 'shared';
  return { own: 'false', shared: String(shared), sharedForWriting: String(shared && table.access === 'write') };
}

/** What a table's predicates say of a relation with such rows: all but its name. */
export function intentOf(
  table: TableModel,
  { own, shared, sharedForWriting }: Predicates,
): Omit<RelationIntent, 'schema' | 'name'> {
  const owned = table.tenancy === 'row' || table.tenancy === 'root';
  return {
    kind: 'table',
    tenancy: table.tenancy,
    foreign: foreignUnless(own, shared),
    unwritable: foreignUnless(own, sharedForWriting),
    shared: `(${shared}) is true`,
    complete: owned ? table.complete : true,
    tenantColumn: table.tenancy === 'row' && table.owner.kind === 'column' ? table.owner.column : null,
    userColumn: owned ? table.user : null,
    acquainted: null,
    signup: table.tenancy === 'root' && table.signup,
    oracles: owned ? table.oracles : [],
    ownership: null,
    embedded: [],
    base: null,
    reason: table.reason,
  };
}

/** NULL is foreign: what nobody can show to be the subject's is not. The subject is named even where nothing depends on it. */
function foreignUnless(own: string, shared: string): string {
  return `(($1::pg_catalog.text is not null and (${own})) or (${shared})) is not true`;
}
