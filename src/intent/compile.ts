import { descendantsOf, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { Model, RootTable, RowTable, TableModel, ViewModel } from '../model/model.ts';
import { formatQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { compileEmbedded } from './embedded-ids.ts';
import { findJoin } from './foreign-key-path.ts';
import { constantPredicates, intentOf } from './intent-of.ts';
import { mismatchError } from './mismatch.ts';
import { place, PredicateWriter, type Predicates } from './predicates.ts';
import { Reality } from './reality.ts';
import type { Intent, Ownership, RelationIntent } from './relation-intent.ts';
import { tableSource, type RowSource } from './row-source.ts';
import { resolveSubject, type Subject } from './subject.ts';
import { compileTenantSchemas, isModelled } from './tenant-schemas.ts';
import { findViewRows } from './view-source.ts';

export interface CompileOptions {
  /** Leave out what is not there yet, and list it: for a database in mid-conversion. */
  readonly partial?: boolean;
}

/**
 * Compiles the model against the catalog: for each relation one SQL boolean, "this row is foreign to the subject".
 *
 * @throws RowhouseError `model-mismatch`, whose detail lists everything in the model that the database contradicts
 */
export function compileIntent(
  model: Model,
  snapshot: CatalogSnapshot,
  { partial = false }: CompileOptions = {},
): Intent {
  const reality = new Reality(model, snapshot);
  const subject = resolveSubject(reality);
  const missing: QualifiedName[] = [];
  const compileOne = (name: QualifiedName, compile: () => Compiled): readonly RelationIntent[] => {
    const before = reality.mismatches.length;
    const compiled = compile();
    if (compiled !== undefined && reality.mismatches.length === before) return compiled;
    missing.push(name);
    return [];
  };
  const relations = [
    ...model.tables.flatMap((table) => compileOne(table.table, () => compileTable(reality, subject, table))),
    ...model.views.flatMap((view) => compileOne(view.view, () => compileView(reality, subject, view))),
  ];
  const problems = reality.mismatches.filter((mismatch) => !partial || !mismatch.absent);
  if (problems.length > 0) throw mismatchError(model, snapshot, problems);
  return {
    relations,
    subjects: subject?.all ?? noSubjects,
    memberships: subject?.memberships ?? null,
    platform: model.tenants.platform,
    missing,
  };
}

/** Undefined where something that it needs is not there, which has been noted. */
type Compiled = readonly RelationIntent[] | undefined;

const noSubjects = 'select null::pg_catalog.text as id where false';

function compileTable(reality: Reality, subject: Subject | undefined, table: TableModel): Compiled {
  if (table.tenancy === 'schema') return subject && compileTenantSchemas(reality, subject, table);
  const relation = reality.relation(table.table, place(table));
  if (relation === undefined) return undefined;
  if (table.tenancy === 'row') checkBackfill(reality, table, relation);
  if (table.tenancy === 'row' || table.tenancy === 'root') checkOracles(reality, table, relation);
  for (const column of table.example.keys()) reality.hasColumn(relation, column, `${place(table)}.example`);
  const source = tableSource(relation, 't');
  const predicates = predicatesOver(reality, subject, table, source);
  const embedded = table.tenancy === 'row' ? compileEmbedded(reality, table, source) : [];
  const acquainted =
    subject && table.tenancy === 'root' ? new PredicateWriter(reality, subject).acquainted(table, source) : null;
  const ownership = subject && ownershipOver(reality, subject, table, source);
  const children = descendantsOf(reality.snapshot, relation).filter(
    (child) => !isModelled(reality.model, nameOf(child)),
  );
  return (
    predicates &&
    [relation, ...children].map((member) => ({
      ...intentOf(table, predicates),
      acquainted: acquainted ?? null,
      ownership: ownership ?? null,
      embedded,
      ...nameOf(member),
    }))
  );
}

function compileView(reality: Reality, subject: Subject | undefined, view: ViewModel): Compiled {
  const at = `views[${formatQualified(view.view)}]`;
  const table = reality.model.tables.find((candidate) => sameName(candidate.table, view.of));
  const base = reality.relation(view.of, `${at}.of`);
  const relation = reality.relation(view.view, at, 'view');
  if (table === undefined || base === undefined || relation === undefined) return undefined;
  const needed = subject ? new PredicateWriter(reality, subject).columnsOf(table, base) : [];
  const rows = findViewRows(reality, view, relation, base, needed);
  const predicates = rows && predicatesOver(reality, subject, table, rows.source);
  if (rows === undefined || predicates === undefined) return undefined;
  const { own, shared, sharedForWriting } = predicates;
  const wrapped = { own: rows.wrap(own), shared: rows.wrap(shared), sharedForWriting: rows.wrap(sharedForWriting) };
  const intent = intentOf(table, wrapped);
  return [
    {
      ...intent,
      ...view.view,
      kind: 'view',
      base: view.of,
      complete: view.complete && intent.complete,
      tenantColumn: intent.tenantColumn === null ? null : (rows.columns.get(intent.tenantColumn) ?? null),
      reason: view.reason ?? intent.reason,
    },
  ];
}

function predicatesOver(
  reality: Reality,
  subject: Subject | undefined,
  table: TableModel,
  source: RowSource,
): Predicates | undefined {
  if (table.tenancy !== 'row' && table.tenancy !== 'root') return constantPredicates(table);
  return subject && new PredicateWriter(reality, subject).owned(table, source);
}

function checkOracles(reality: Reality, table: RowTable | RootTable, relation: Relation): void {
  for (const column of table.oracles.flat()) reality.hasColumn(relation, column, `${place(table)}.oracles`);
}

function ownershipOver(
  reality: Reality,
  subject: Subject,
  table: TableModel,
  source: RowSource,
): Ownership | undefined {
  if (table.tenancy !== 'row' && table.tenancy !== 'root') return undefined;
  return new PredicateWriter(reality, subject).ownership(table, source);
}

/** Notes where the tenant's way from a parent is not there. */
function checkBackfill(reality: Reality, table: RowTable, relation: Relation): void {
  const { backfill, owner } = table;
  const at = `${place(table)}.backfill`;
  if (backfill?.kind === 'parent') {
    const tenant = owner.kind === 'column' ? [owner.column] : [];
    for (const path of backfill.paths) findJoin(reality, relation, path, `${at}.parent`, tenant);
  }
  if (backfill?.kind === 'pair') {
    const { type, id, tables } = backfill.pair;
    for (const column of [type, id]) reality.hasColumn(relation, column, `${at}.pair`);
    for (const target of tables.values()) reality.relation(target, `${at}.pair`);
  }
}
