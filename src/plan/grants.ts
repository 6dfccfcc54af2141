import { parseAclItem, type Privilege } from '../access/acl.ts';
import { everything } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { findRelation, nameOf, relationsByOid } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import type { TableModel, ViewModel } from '../model/model.ts';
import { sameName } from '../sql/ident.ts';
import { written, writtenName } from '../sql/written.ts';
import { once } from './memo.ts';
import { heirsOf, type Situation } from './situation.ts';

/** A privilege given or taken, with the way back. */
export interface GrantChange {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** The application's roles that the cluster does not have. */
export function missingRoles({ model, snapshot }: Situation): readonly string[] {
  return model.roles.app.filter((role) => !snapshot.roles.some(({ rolname }) => rolname === role));
}

const writes: readonly Privilege[] = ['INSERT', 'UPDATE', 'DELETE'];
/** What no policy binds, and what would let a role look or write past them. */
const unbound: readonly Privilege[] = ['TRUNCATE', 'REFERENCES', 'TRIGGER'];

/** What changes for the application's roles: too much is taken, and a role that may do nothing yet is given what it needs. */
export const grantChanges = once((situation: Situation): readonly GrantChange[] => [
  ...usage(situation),
  ...creation(situation),
  ...defaults(situation),
  ...situation.model.tables.flatMap((table) => {
    const named = findRelation(situation.snapshot, table.table);
    if (named === undefined) return [];
    return [named, ...heirsOf(situation.model, situation.snapshot, named)].flatMap((relation) => [
      ...narrowed(situation, table, relation),
      ...given(situation, table, relation),
      ...partitions(situation, relation),
    ]);
  }),
  ...situation.model.closedMatviews.flatMap((name) => {
    const matview = findRelation(situation.snapshot, name);
    return matview === undefined ? [] : revoked(situation, matview, [...everything]);
  }),
]);

/** What the application may at most do with a table. */
function allowed(table: TableModel): readonly Privilege[] {
  if (table.tenancy === 'none') return [];
  if (table.tenancy === 'shared' && table.access === 'read') return ['SELECT'];
  return ['SELECT', ...writes];
}

/** The application's roles, with those whose rights they have. */
export const appGrantees = once(
  ({ model, snapshot }): ReadonlySet<string> =>
    new Set([
      'public',
      ...model.roles.app
        .filter((role) => snapshot.roles.some(({ rolname }) => rolname === role))
        .flatMap((role) => [...closureOf(snapshot, role).has]),
    ]),
);

/** Whoever may create in a schema may put a table or a function of its own before the real one. */
function creation(situation: Situation): GrantChange[] {
  const { model, snapshot } = situation;
  const names = new Set(model.tables.map(({ table }) => table.schema));
  const grantees = appGrantees(situation);
  return snapshot.schemas
    .filter(({ nspname }) => names.has(nspname))
    .flatMap(({ nspname, nspowner, nspacl }) =>
      nspacl.flatMap((item): GrantChange[] => {
        const { grantee, privileges } = parseAclItem(item);
        if (!privileges.includes('CREATE') || !grantees.has(grantee) || grantee === nspowner) return [];
        const to = grantee === 'public' ? 'public' : written(grantee);
        const on = `create on schema ${written(nspname)}`;
        return [{ up: [`revoke ${on} from ${to}`], down: [`grant ${on} to ${to}`] }];
      }),
    );
}

/** A table that is made tomorrow has no policies yet: nobody but its owner reaches it until somebody grants it. */
function defaults(situation: Situation): GrantChange[] {
  const { model, snapshot } = situation;
  const grantees = appGrantees(situation);
  const schemas = new Set(model.tables.map(({ table }) => table.schema));
  return snapshot.defaultPrivileges
    .filter(({ defaclobjtype, nspname }) => defaclobjtype === 'r' && (nspname === null || schemas.has(nspname)))
    .flatMap(({ defaclrole, nspname, defaclacl }) =>
      defaclacl.flatMap((item): GrantChange[] => {
        const { grantee, privileges } = parseAclItem(item);
        if (grantee === defaclrole || !grantees.has(grantee)) return [];
        const to = grantee === 'public' ? 'public' : written(grantee);
        const list = privileges.map((one) => one.toLowerCase()).join(', ');
        const head = `alter default privileges for role ${written(defaclrole)}${nspname === null ? '' : ` in schema ${written(nspname)}`}`;
        return [
          {
            up: [`${head} revoke ${list} on tables from ${to}`],
            down: [`${head} grant ${list} on tables to ${to}`],
          },
        ];
      }),
    );
}

function narrowed(situation: Situation, table: TableModel, relation: Relation): GrantChange[] {
  const keep = allowed(table);
  const forbidden = keep.length === 0 ? [...everything] : [...unbound, ...writes.filter((one) => !keep.includes(one))];
  return revoked(situation, relation, forbidden);
}

/** Whether the application may read some of a relation. */
export function mayRead(situation: Situation, { relacl, relowner, columns }: Relation): boolean {
  const grantees = appGrantees(situation);
  return [...relacl, ...columns.flatMap(({ attacl }) => attacl)]
    .map(parseAclItem)
    .some(({ grantee, privileges }) => grantees.has(grantee) && grantee !== relowner && privileges.includes('SELECT'));
}

/** Whether a role may read some of a relation, or will, by what the plan gives. */
export function mayBeReadBy(situation: Situation, role: string, relation: Relation): boolean {
  const { relacl, columns } = relation;
  const { has } = closureOf(situation.snapshot, role);
  if (has.has('pg_read_all_data')) return true;
  const isGranted = [...relacl, ...columns.flatMap(({ attacl }) => attacl)]
    .map(parseAclItem)
    .some(({ grantee, privileges }) => has.has(grantee) && privileges.includes('SELECT'));
  const table = situation.model.tables.find((one) => sameName(one.table, nameOf(relation)));
  return isGranted || (table !== undefined && allowed(table).length > 0 && newcomers(situation).includes(role));
}

/** A partition that can be read directly has no policies: its table's hold for what goes through the table. */
function partitions(situation: Situation, relation: Relation): GrantChange[] {
  if (relation.relkind !== 'p') return [];
  return situation.snapshot.relations
    .filter(({ parents }) => parents.includes(relation.oid))
    .flatMap((child) => [...revoked(situation, child, [...everything]), ...partitions(situation, child)]);
}

function revoked(situation: Situation, relation: Relation, forbidden: readonly Privilege[]): GrantChange[] {
  const grantees = appGrantees(situation);
  const on = writtenName(nameOf(relation));
  const changes = (acl: readonly string[], columns: string): GrantChange[] =>
    acl.flatMap((item) => {
      const { grantee, privileges } = parseAclItem(item);
      const taken = privileges.filter((one) => forbidden.includes(one));
      if (taken.length === 0 || !grantees.has(grantee) || grantee === relation.relowner) return [];
      const to = grantee === 'public' ? 'public' : written(grantee);
      const list = taken.map((one) => `${one.toLowerCase()}${columns}`).join(', ');
      return [
        {
          up: [`revoke ${list} on ${on} from ${to}`],
          down: [`grant ${list} on ${on} to ${to}`],
        },
      ];
    });
  return [
    ...relation.columns.flatMap(({ attname, attacl }) => changes(attacl, ` (${written(attname)})`)),
    ...changes(relation.relacl, ''),
  ];
}

/** A role that has nothing on any table of the model is new: it gets what the model allows. */
const newcomers = once(({ model, snapshot }): readonly string[] => {
  const grantees = new Set(
    model.tables
      .flatMap(({ table }) => findRelation(snapshot, table) ?? [])
      .flatMap(({ relacl, columns }) => [...relacl, ...columns.flatMap(({ attacl }) => attacl)])
      .map((item) => parseAclItem(item).grantee),
  );
  return model.roles.app.filter((role) => {
    if (!snapshot.roles.some(({ rolname }) => rolname === role)) return true;
    const { has, role: found } = closureOf(snapshot, role);
    return !found.rolsuper && ![...grantees].some((grantee) => has.has(grantee));
  });
});

function given(situation: Situation, table: TableModel, relation: Relation): GrantChange[] {
  const privileges = allowed(table);
  if (privileges.length === 0) return [];
  const list = privileges.map((one) => one.toLowerCase()).join(', ');
  const on = writtenName(nameOf(relation));
  const sequences = situation.snapshot.sequences
    .filter(
      ({ ownedByRelation, ownedByColumn }) => ownedByRelation === relation.oid && isSerial(relation, ownedByColumn),
    )
    .map(({ nspname, relname }) => writtenName({ schema: nspname, name: relname }));
  const drawn = privileges.includes('INSERT') ? sequences : [];
  return newcomers(situation).map((role) => ({
    up: [
      `grant ${list} on ${on} to ${written(role)}`,
      ...drawn.map((sequence) => `grant usage on sequence ${sequence} to ${written(role)}`),
    ],
    down: [
      ...drawn.map((sequence) => `revoke usage on sequence ${sequence} from ${written(role)}`),
      `revoke ${list} on ${on} from ${written(role)}`,
    ],
  }));
}

/** An identity column draws with nobody's rights. */
function isSerial({ columns }: Relation, column: string | null): boolean {
  return columns.some(({ attname, attidentity }) => attname === column && attidentity === '');
}

function usage(situation: Situation): GrantChange[] {
  const { model, snapshot } = situation;
  const schemas = [...new Set(model.tables.map(({ table }) => table.schema))].filter((schema) =>
    snapshot.schemas.some(({ nspname }) => nspname === schema),
  );
  return newcomers(situation).flatMap((role) =>
    schemas.map((schema) => ({
      up: [`grant usage on schema ${written(schema)} to ${written(role)}`],
      down: [`revoke usage on schema ${written(schema)} from ${written(role)}`],
    })),
  );
}

/** What the application may do with a view by which it knows a table: what it may with the table, after the plan. */
export function viewGrants(situation: Situation, { view, of, columns }: ViewModel): readonly string[] {
  const table = situation.model.tables.find((one) => sameName(one.table, of));
  const base = findRelation(situation.snapshot, of);
  if (base === undefined) return [];
  const keep = table === undefined ? (['SELECT'] as const) : allowed(table);
  const grantees = appGrantees(situation);
  const granted = (acl: readonly string[], column: string): readonly string[] =>
    acl.map(parseAclItem).flatMap(({ grantee, privileges }) => {
      const given = keep.filter((one) => privileges.includes(one));
      return grantees.has(grantee) && given.length > 0 ? [grant(given, column, grantee)] : [];
    });
  const grant = (given: readonly Privilege[], column: string, to: string): string =>
    `grant ${given.map((one) => `${one.toLowerCase()}${column}`).join(', ')} on ${writtenName(view)} to ${to === 'public' ? to : written(to)}`;
  return [
    ...(keep.length === 0 ? [] : newcomers(situation).map((role) => grant(keep, '', role))),
    ...granted(base.relacl, ''),
    ...base.columns.flatMap(({ attname, attacl }) => granted(attacl, ` (${written(columns.get(attname) ?? attname)})`)),
  ];
}

/** Whether a relation's name is known: of a table that the model describes, or of a partition of one. */
export function isDescribed({ model, snapshot }: Pick<Situation, 'model' | 'snapshot'>, relation: Relation): boolean {
  if (model.tables.some(({ table }) => sameName(table, nameOf(relation)))) return true;
  return relation.parents.some((oid) => {
    const parent = relationsByOid(snapshot).get(oid);
    return parent !== undefined && isDescribed({ model, snapshot }, parent);
  });
}
