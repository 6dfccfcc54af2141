import { parseDotted, parseQualified, type QualifiedName } from '../sql/ident.ts';
import type {
  Backfill,
  EmbeddedKey,
  ForeignKeyPath,
  Model,
  Owner,
  Param,
  PolymorphicPair,
  Share,
  TableModel,
  ViewModel,
} from './model.ts';
import type { RawModel, RawParam, RawPath, RawTable, RawView } from './schema.ts';

/** Turns the checked document into the model: names parsed, lists made lists, defaults filled in. */
export function toModel(raw: RawModel, path: string): Model {
  const { context, tenants, membership, roles } = raw;
  return {
    path,
    database: { url: raw.database?.url ?? null },
    context: {
      setting: context.setting,
      type: context.type,
      json: typeof context.json === 'string' ? context.json.split('.') : (context.json ?? null),
      claims: context.claims ?? {},
    },
    tenants: {
      table: qualifiedName(tenants.table),
      key: identifierName(tenants.key),
      type: tenants.type ?? context.type,
      platform: tenants.platform ?? null,
      schema: optional(tenants.schema, identifierName),
    },
    membership:
      membership === undefined
        ? null
        : {
            table: qualifiedName(membership.table),
            user: identifierName(membership.user),
            tenant: identifierName(membership.tenant),
            when: membership.when ?? null,
          },
    roles: {
      owner: optional(roles.owner, identifierName),
      app: [roles.app].flat().map(identifierName),
      bypass: [roles.bypass].flat().map(identifierName),
    },
    tables: Object.entries(raw.tables).map(([name, table]) => toTable(qualifiedName(name), table, raw)),
    views: Object.entries(raw.views ?? {}).map(([name, view]) => toView(qualifiedName(name), view)),
    queries: Object.entries(raw.queries ?? {}).map(([file, { params }]) => ({
      path: file,
      params: params.map(toParam),
    })),
    functions: Object.entries(raw.functions ?? {}).map(([signature, { calls = [], rights }]) => ({
      signature,
      calls: calls.map((params) => params.map(toParam)),
      rights: rights ?? null,
    })),
    closedMatviews: Object.keys(raw.matviews ?? {}).map(qualifiedName),
    unmanaged: Object.entries(raw.unmanaged ?? {}).map(([name, reason]) => ({ schema: identifierName(name), reason })),
    waivers: (raw.waivers ?? []).map((waiver) => ({ ...waiver, until: waiver.until ?? null })),
  };
}

/** A table of a path: of the same schema where it names none. */
export function nearbyName(text: string, from: QualifiedName): QualifiedName {
  return parseQualified(text) ?? { schema: from.schema, name: identifierName(text) };
}

/** The table that a path leads to, as the document writes it. */
export function pathTable(path: RawPath): string {
  return typeof path === 'string' ? path : path.table;
}

function toTable(table: QualifiedName, raw: RawTable, model: RawModel): TableModel {
  const example = new Map(Object.entries(raw.example ?? {}).map(([column, value]) => [identifierName(column), value]));
  const base = { table, example, reason: raw.reason ?? null };
  if (raw.tenancy === 'shared') return { ...base, tenancy: raw.tenancy, access: raw.access };
  if (raw.tenancy === 'none' || raw.tenancy === 'schema') return { ...base, tenancy: raw.tenancy };
  const owned = {
    ...base,
    share: [raw.share ?? []].flat().map(toShare),
    user: optional(raw.user, identifierName),
    complete: raw.complete,
    oracles: (raw.oracles ?? []).map((key) => [key].flat().map(identifierName)),
  };
  if (raw.tenancy === 'root') return { ...owned, tenancy: raw.tenancy, signup: raw.signup };
  return {
    ...owned,
    tenancy: raw.tenancy,
    owner: toOwner(raw, table),
    nulls: raw.nulls,
    backfill: toBackfill(raw, table, model),
    embedded: Object.entries(raw.embedded ?? {}).map(([key, target]) => toEmbeddedKey(key, target)),
  };
}

type RawRow = Extract<RawTable, { tenancy: 'row' }>;

function toOwner({ column, expression, through }: RawRow, table: QualifiedName): Owner {
  if (column !== undefined) return { kind: 'column', column: identifierName(column) };
  if (expression !== undefined) return { kind: 'expression', expression };
  return { kind: 'through', path: toPath(defined(through), table) };
}

function toBackfill({ backfill }: RawRow, table: QualifiedName, { tenants }: RawModel): Backfill | null {
  if (backfill === undefined) return null;
  const { constant, json, parent, pair, orphans: said } = backfill;
  const idOf = (tenant: string): string => (tenant === 'platform' ? defined(tenants.platform) : tenant);
  const orphans = typeof said === 'string' ? said : { tenant: idOf(said.tenant) };
  if (constant !== undefined) return { kind: 'constant', value: idOf(constant), orphans };
  if (json !== undefined) return { kind: 'json', expression: json, orphans };
  if (pair !== undefined) return { kind: 'pair', pair: toPair(pair, table), orphans };
  const paths = [defined(parent)].flat();
  return { kind: 'parent', paths: paths.map((path) => toPath(path, table)), orphans };
}

function toPair(raw: NonNullable<NonNullable<RawRow['backfill']>['pair']>, from: QualifiedName): PolymorphicPair {
  const tables = Object.entries(raw.tables).map(([value, table]) => [value, nearbyName(table, from)] as const);
  return { type: identifierName(raw.type), id: identifierName(raw.id), tables: new Map(tables) };
}

function toPath(path: RawPath, from: QualifiedName): ForeignKeyPath {
  const table = nearbyName(pathTable(path), from);
  if (typeof path === 'string') return { table, by: null, on: null };
  const pairs = Object.entries(path.on ?? {}).map(
    ([own, other]) => [identifierName(own), identifierName(other)] as const,
  );
  return {
    table,
    by: path.by === undefined ? null : [path.by].flat().map(identifierName),
    on: path.on === undefined ? null : new Map(pairs),
  };
}

function toShare({ when, access }: { when?: string | undefined; access: Share['access'] }): Share {
  return when === undefined ? { kind: 'platform', access } : { kind: 'when', when, access };
}

function toEmbeddedKey(key: string, target: string): EmbeddedKey {
  const each = key.endsWith('[]');
  return {
    expression: each ? key.slice(0, -2) : key,
    each,
    target: columnName(target),
  };
}

function toView(view: QualifiedName, raw: RawView): ViewModel {
  const columns = Object.entries(raw.columns ?? {});
  return {
    view,
    of: qualifiedName(raw.of),
    columns: new Map(columns.map(([base, own]) => [identifierName(base), identifierName(own)])),
    complete: raw.complete,
    reason: raw.reason ?? null,
  };
}

function toParam(param: RawParam): Param {
  if (typeof param !== 'object' || param === null) {
    return { kind: 'literal', value: param === null ? null : String(param) };
  }
  if (param.tenant !== undefined) return { kind: 'tenant', whose: param.tenant };
  const whose = param.own !== undefined ? 'own' : param.foreign !== undefined ? 'foreign' : 'shared';
  return { kind: 'column', whose, of: columnName(defined(param[whose])) };
}

function columnName(text: string): QualifiedName & { readonly column: string } {
  const [schema, name, column] = defined(parseDotted(text));
  return { schema: defined(schema), name: defined(name), column: defined(column) };
}

function optional<T, R>(value: T | undefined, convert: (value: T) => R): R | null {
  return value === undefined ? null : convert(value);
}

function qualifiedName(text: string): QualifiedName {
  return defined(parseQualified(text));
}

function identifierName(text: string): string {
  return defined(parseDotted(text)?.[0]);
}

/** The schema and the cross-checks have seen to it. */
function defined<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new TypeError('The model was not checked before it was read.');
  return value;
}
