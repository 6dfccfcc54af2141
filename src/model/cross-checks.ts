import { formatQualified, parseDotted, parseQualified, type QualifiedName } from '../sql/ident.ts';
import { idProblem } from './id.ts';
import type { KeyType } from './model.ts';
import type { Path, Problem } from './problem.ts';
import { parts, type RawTable, type RawView } from './schema.ts';
import { expressionProblem } from './sql-expression.ts';
import { suggestion } from './suggest.ts';
import { nearbyName, pathTable } from './to-model.ts';

/** The parts of a document that have the right shape: a broken one keeps no problem of the others from being seen. */
interface Readable {
  readonly context: ReturnType<typeof parts.context.safeParse>['data'];
  readonly tenants: ReturnType<typeof parts.tenants.safeParse>['data'];
  readonly roles: ReturnType<typeof parts.roles.safeParse>['data'];
  readonly hasMembership: boolean;
  readonly tables: readonly Named<RawTable>[];
  readonly views: readonly Named<RawView>[];
  /** Every key of tables, also one whose value cannot be read. */
  readonly tableNames: ReadonlySet<string>;
}

interface Named<T> {
  readonly key: string;
  readonly name: QualifiedName;
  readonly value: T;
}

/** Checks what one part of the document says of another. */
export function crossCheck(document: unknown): Problem[] {
  const model = readParts(document);
  return [
    ...nameProblems(document),
    ...roleProblems(model),
    ...tenantsProblems(model),
    ...model.tables.flatMap((table) => tableProblems(table, model)),
    ...throughCycles(model.tables),
    ...model.views.flatMap((view) => viewProblems(view, model)),
    ...unmanagedProblems(document, model),
  ];
}

function readParts(document: unknown): Readable {
  const root = record(document);
  const readable = <T>(section: string, parse: (value: unknown) => { data?: T | undefined }): Named<T>[] =>
    Object.entries(record(root[section])).flatMap(([key, value]) => {
      const name = parseQualified(key);
      const parsed = parse(value).data;
      return name !== null && parsed !== undefined ? [{ key, name, value: parsed }] : [];
    });
  return {
    context: parts.context.safeParse(root['context']).data,
    tenants: parts.tenants.safeParse(root['tenants']).data,
    roles: parts.roles.safeParse(root['roles']).data,
    hasMembership: root['membership'] !== undefined,
    tables: readable('tables', (value) => parts.table.safeParse(value)),
    views: readable('views', (value) => parts.view.safeParse(value)),
    tableNames: new Set(Object.keys(record(root['tables'])).map(normalName)),
  };
}

function nameProblems(document: unknown): Problem[] {
  const seen = new Map<string, Path>();
  return ['tables', 'views', 'matviews'].flatMap((section) =>
    Object.keys(record(record(document)[section])).flatMap((key) => {
      const path = [section, key];
      if (parseQualified(key) === null) {
        const message = `is not schema.name (names are read as SQL reads them: one with capitals, spaces or dots is written 'schema."Name"')`;
        return [{ path, atKey: true, message }];
      }
      const name = normalName(key);
      const first = seen.get(name);
      seen.set(name, path);
      return first ? [{ path, atKey: true, message: `is the same relation as ${first.map(String).join('.')}` }] : [];
    }),
  );
}

function roleProblems({ roles }: Readable): Problem[] {
  if (roles === undefined) return [];
  const names = (value: string | string[] | undefined): string[] => [value ?? []].flat().map(normalName);
  const bypass = names(roles.bypass);
  return names(roles.app).flatMap((role, index) => {
    const path = typeof roles.app === 'string' ? ['roles', 'app'] : ['roles', 'app', index];
    return [
      ...(bypass.includes(role)
        ? [{ path, message: `${role} is also listed in bypass: the application's role must not see all rows` }]
        : []),
      ...(names(roles.owner).includes(role)
        ? [{ path, message: `${role} is also the owner: the application's role must own nothing` }]
        : []),
    ];
  });
}

function tenantsProblems({ context, tenants, hasMembership }: Readable): Problem[] {
  if (context === undefined || tenants === undefined) return [];
  const type = tenants.type ?? context.type;
  const platform = tenants.platform === undefined ? null : idProblem(tenants.platform, type);
  return [
    ...(platform === null ? [] : [{ path: ['tenants', 'platform'], message: platform }]),
    ...(!hasMembership && type !== context.type
      ? [
          {
            path: ['tenants', 'type'],
            message: `is ${type}, but context.type is ${context.type}: without a membership the context is a tenant`,
          },
        ]
      : []),
  ];
}

function tableProblems({ key, name, value }: Named<RawTable>, model: Readable): Problem[] {
  const at = (...rest: PropertyKey[]): Path => ['tables', key, ...rest];
  const { tenants } = model;
  const examples = Object.keys(value.example ?? {}).flatMap((column) =>
    parseDotted(column)?.length === 1
      ? []
      : [{ path: at('example', column), atKey: true, message: 'is not the name of a column' }],
  );
  if (value.tenancy === 'schema') {
    const missing = tenants !== undefined && tenants.schema === undefined;
    return missing
      ? [
          ...examples,
          {
            path: at('tenancy'),
            message: "is schema, but tenants.schema does not say which column has a tenant's schema",
          },
        ]
      : examples;
  }
  if (value.tenancy !== 'row' && value.tenancy !== 'root') return examples;
  return [
    ...examples,
    ...ownerProblems(value, at, model),
    ...(value.tenancy === 'row' ? rowProblems(value, name, at, model) : []),
    ...(value.tenancy === 'root' && tenants !== undefined && normalName(tenants.table) !== formatQualified(name)
      ? [{ path: at('tenancy'), message: `is root, but tenants.table is ${tenants.table}` }]
      : []),
  ];
}

type At = (...rest: PropertyKey[]) => Path;
type RawRow = Extract<RawTable, { tenancy: 'row' }>;
type RawRoot = Extract<RawTable, { tenancy: 'root' }>;

function ownerProblems(value: RawRow | RawRoot, at: At, { tenants, hasMembership }: Readable): Problem[] {
  const single = value.share !== undefined && !Array.isArray(value.share);
  return [
    ...[value.share ?? []]
      .flat()
      .flatMap(({ rows }, index) =>
        rows === 'platform' && tenants !== undefined && tenants.platform === undefined
          ? [{ path: single ? at('share', 'rows') : at('share', index, 'rows'), message: noPlatform }]
          : [],
      ),
    ...(value.user !== undefined && !hasMembership
      ? [{ path: at('user'), message: 'is for models with a membership: here the context is a tenant' }]
      : []),
  ];
}

const noPlatform = 'is platform, but tenants.platform does not say which tenant that is';

function rowProblems(value: RawRow, name: QualifiedName, at: At, model: Readable): Problem[] {
  const parentProblem = (path: Path, text: string): Problem[] => {
    const parent = formatQualified(nearbyName(text, name));
    return model.tableNames.has(parent)
      ? []
      : [{ path, message: `${parent} is not a table of this model${suggestion(parent, model.tableNames)}` }];
  };
  const { through, backfill, expression } = value;
  return [
    ...(through === undefined ? [] : parentProblem(at('through'), pathTable(through))),
    ...parentsOf(backfill).flatMap(({ path, table }) => parentProblem(at('backfill', ...path), table)),
    ...constantProblems(backfill?.constant, at('backfill', 'constant'), model),
    ...(typeof backfill?.orphans === 'object'
      ? constantProblems(backfill.orphans.tenant, at('backfill', 'orphans', 'tenant'), model)
      : []),
    ...Object.keys(value.embedded ?? {}).flatMap((key) => {
      const problem = expressionProblem(key.replace(/\[\]$/, ''));
      return problem === null ? [] : [{ path: at('embedded', key), atKey: true, message: problem }];
    }),
    ...(backfill !== undefined && (through !== undefined || expression !== undefined)
      ? [{ path: at('backfill'), message: 'fills a column: this table has none' }]
      : []),
  ];
}

/** The tables that a backfill looks into, and where it names them. */
function parentsOf(backfill: RawRow['backfill']): readonly { readonly path: Path; readonly table: string }[] {
  const { parent, pair } = backfill ?? {};
  const parents = Array.isArray(parent)
    ? parent.map((path, index) => ({ path: ['parent', index], table: pathTable(path) }))
    : parent === undefined
      ? []
      : [{ path: ['parent'], table: pathTable(parent) }];
  const paired = Object.entries(pair?.tables ?? {}).map(([value, table]) => ({
    path: ['pair', 'tables', value],
    table,
  }));
  return [...parents, ...paired];
}

function constantProblems(constant: string | undefined, path: Path, { tenants, context }: Readable): Problem[] {
  if (constant === undefined || tenants === undefined) return [];
  if (constant === 'platform') return tenants.platform === undefined ? [{ path, message: noPlatform }] : [];
  const type: KeyType | undefined = tenants.type ?? context?.type;
  const problem = type === undefined ? null : idProblem(constant, type);
  return problem === null ? [] : [{ path, message: problem }];
}

function throughCycles(tables: readonly Named<RawTable>[]): Problem[] {
  const parents = new Map(
    tables.flatMap(({ name, value }) =>
      value.tenancy === 'row' && value.through !== undefined
        ? [[formatQualified(name), formatQualified(nearbyName(pathTable(value.through), name))] as const]
        : [],
    ),
  );
  return tables.flatMap(({ key, name }) => {
    const self = formatQualified(name);
    const seen = new Set<string>();
    let next = parents.get(self);
    while (next !== undefined && next !== self && !seen.has(next)) {
      seen.add(next);
      next = parents.get(next);
    }
    return next === self ? [{ path: ['tables', key, 'through'], message: 'leads back to the table itself' }] : [];
  });
}

function viewProblems({ key, value }: Named<RawView>, { tableNames }: Readable): Problem[] {
  const base = normalName(value.of);
  return [
    ...(tableNames.has(base)
      ? []
      : [
          {
            path: ['views', key, 'of'],
            message: `${base} is not a table of this model${suggestion(base, tableNames)}`,
          },
        ]),
    ...Object.keys(value.columns ?? {}).flatMap((column) =>
      parseDotted(column)?.length === 1
        ? []
        : [{ path: ['views', key, 'columns', column], atKey: true, message: 'is not a name' }],
    ),
  ];
}

/** What is another system's has no table of ours. */
function unmanagedProblems(document: unknown, { tables, views }: Readable): Problem[] {
  return Object.keys(record(record(document)['unmanaged'])).flatMap((key) => {
    const path = ['unmanaged', key];
    const [schema, ...rest] = parseDotted(key) ?? [];
    if (schema === undefined || rest.length > 0) return [{ path, atKey: true, message: 'is not the name of a schema' }];
    const named = [...tables, ...views].find(({ name }) => name.schema === schema);
    return named === undefined
      ? []
      : [{ path, atKey: true, message: `is another system's, but the model names ${named.key} in it` }];
  });
}

/** A name as people write it, whatever way it is written here. */
function normalName(text: string): string {
  const name = parseQualified(text);
  if (name !== null) return formatQualified(name);
  return parseDotted(text)?.[0] ?? text;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
